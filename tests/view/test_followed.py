"""What a page shows of a run, and its scorecard."""

import numpy as np
import pytest

from kinesis.evaluate import RULES, follow_clips
from kinesis.evaluate.measures import OF_MOTION
from kinesis.learn import load_checkpoint
from kinesis.motion.find import find_motions
from kinesis.view import followed, write_page
from kinesis.view.followed import WORDS, scorecard


@pytest.fixture(scope="module")
def run(body):
    checkpoint = load_checkpoint("default")
    return follow_clips(checkpoint.policy, checkpoint.card.task, find_motions("builtin:walk@1.2", body))[0]


def test_a_followed_clip_of_ten_seconds_takes_less_than_three_megabytes(body, run, tmp_path):
    playback = followed(run, body)
    assert playback.duration_s > 9.9
    page = write_page(tmp_path / "page.html", body, [playback])
    assert page.stat().st_size < 3_000_000
    assert all(word in page.read_text() for word in playback.metrics)


def test_the_scorecard_is_that_of_the_run(body, run):
    told = followed(run, body).metrics
    assert told["MPJPE"] == f"{run.score.mpjpe_mm:.0f} mm"
    assert told["coverage"] == f"{run.score.frame_coverage:.0%}"
    assert told["joint error"].endswith("°")
    assert told["source"] == run.clip.source


def test_violations_of_a_rule_are_marked_where_they_are(body, run):
    distance = run.trace.distance.copy()
    distance[100:120] = 0.4
    trace = run.trace.__class__(**{**vars(run.trace), "distance": distance})
    faults = followed(run.__class__(**{**vars(run), "trace": trace}), body).faults
    flags = faults["mean over 0.3 m"]
    assert np.flatnonzero(flags[100:120]).tolist() == list(range(20))
    assert "mean over 0.5 m" not in faults or not faults["mean over 0.5 m"][100:120].any()


def test_every_measure_has_its_words_and_what_has_no_meaning_is_left_out():
    assert set(WORDS) == {m.name for m in OF_MOTION}
    row = {m.name: None for m in OF_MOTION} | {"success_strict": 0.0}
    for rule in RULES:
        row |= {f"success_{rule.name}": 1.0, f"coverage_{rule.name}": 1.0, f"mpjpe_{rule.name}_mm": 20.4}
    assert scorecard(row) == {"success": "yes", "coverage": "100%", "MPJPE": "20 mm", "strict success": "no"}
