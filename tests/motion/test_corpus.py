"""The default corpus: enough of everything, no split sees another's motions, and every clip is sound."""

from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from kinesis import rotations
from kinesis.body import FORWARD_B, Kinematics, load
from kinesis.errors import KinesisError, UnknownName
from kinesis.motion import corpus
from kinesis.motion.clip import Clip
from kinesis.motion.gait import generate
from kinesis.motion.gait.slip import slip
from kinesis.motion.recipes import specs
from kinesis.motion.residuals import residual_of

BODY = load("legs80")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(folder))
        patch.setattr(corpus, "_LOADED", {})
        yield folder


@pytest.fixture(scope="module")
def clips(cache: Path) -> dict[str, list[Clip]]:
    return {split: corpus.builtin(BODY, split) for split in corpus.SPLITS}


@pytest.fixture(scope="module")
def every(clips: dict[str, list[Clip]]) -> list[Clip]:
    return [clip for split in clips.values() for clip in split]


def test_there_is_enough_in_the_stated_proportions(every: list[Clip]) -> None:
    assert len(every) >= 400
    assert sum(clip.duration_s for clip in every) >= 40 * 60
    share = {category: count / len(every) for category, count in Counter(c.category for c in every).items()}
    assert share["turn"] == pytest.approx(1 / 3, abs=0.02)
    assert share["circle"] == pytest.approx(1 / 7, abs=0.02)
    assert share["run"] == pytest.approx(1 / 12, abs=0.01)
    assert share["backward"] == pytest.approx(1 / 12, abs=0.01)
    assert set(share) == set(corpus.CATEGORIES)


def test_people_far_from_the_average_are_sound_too_and_apart_from_the_corpus(cache: Path) -> None:
    varied = corpus.select(BODY, "builtin:varied")[::6]
    assert {clip.name for clip in varied}.isdisjoint(name for split in corpus.SPLITS for name, _ in specs(split))
    bent = [np.rad2deg(np.median(clip.qpos[:, BODY.joint_qpos[3]])) for clip in varied]
    assert max(bent) > 25.0
    for clip in varied:
        allowed = corpus.SLIP_MPS + corpus.SLIP_SHARE * clip.labels["speed_mps"]
        assert slip(clip).max() < allowed < 0.4, clip.name
        assert np.isfinite(clip.qvel).all()


def test_leaps_are_as_recorded_runs_are_and_the_ground_can_bear_them() -> None:
    kinematics = Kinematics(BODY)
    leaps = list(islice(corpus._made(kinematics, "leaps"), 6))
    for plain, *strays in (leaps[:3], leaps[3:]):
        assert corpus._as_recorded(plain)
        for stray in strays:
            apart = np.linalg.norm(stray.landmarks - plain.landmarks, axis=-1).mean()
            assert 0.002 < apart < 0.15
        assert not np.allclose(strays[0].qpos, strays[1].qpos)
    assert all(clip.category == "run" and residual_of(BODY, clip).size_nm < corpus.LEFT_NM for clip in leaps)
    slow = generate(kinematics, dict(specs("train"))["builtin-run-train-000"], rate_hz=corpus.RATE_HZ, name="slow")
    assert not corpus._as_recorded(slow)


def test_people_near_the_average_are_strayed_more_and_more_and_their_runs_gather_speed() -> None:
    kinematics, near = Kinematics(BODY), specs("near")
    assert {name for name, _ in near}.isdisjoint(name for split in corpus.SPLITS for name, _ in specs(split))
    walks = list(islice(corpus._made(kinematics, "near"), 6))
    for plain, *strays in (walks[:3], walks[3:]):
        apart = [np.linalg.norm(stray.landmarks - plain.landmarks, axis=-1).mean() for stray in strays]
        assert plain.category == "walk"
        assert all(0.002 < distance < 0.15 for distance in apart)
        assert slip(plain).max() < corpus.SLIP_MPS + corpus.SLIP_SHARE * plain.labels["speed_mps"]
    for name, spec in near:
        if "run" in name:
            begins, fastest = (segment.forward_mps for segment in spec.segments[:2])
            assert 0.3 <= fastest - begins <= 1.1


def test_splits_are_disjoint_in_parameters_and_about_80_10_10(clips: dict[str, list[Clip]]) -> None:
    total = sum(map(len, clips.values()))
    assert len(clips["train"]) / total == pytest.approx(0.8, abs=0.03)
    assert len(clips["test"]) / total == pytest.approx(0.1, abs=0.03)
    seen = [repr(spec) for split in corpus.SPLITS for _, spec in specs(split)]
    assert len(seen) == len(set(seen))
    names = [name for split in corpus.SPLITS for name, _ in specs(split)]
    assert len(names) == len(set(names))
    assert specs("train") == specs("train")


def test_the_test_walks_span_the_speeds_and_last_ten_seconds(cache: Path) -> None:
    walks = corpus.select(BODY, "builtin:walk-test")
    speeds = np.sort([float(clip.labels["speed_mps"]) for clip in walks])
    assert len(walks) >= 12
    assert min(clip.duration_s for clip in walks) >= 10.0
    assert speeds[0] < 0.75
    assert speeds[-1] > 1.55
    assert np.diff(speeds).max() < 0.25
    assert len(corpus.select(BODY, "builtin:walk-train")) >= 40


def test_no_foot_sinks_or_slides_anywhere(every: list[Clip]) -> None:
    kinematics = Kinematics(BODY)
    for clip in every:
        heights = kinematics.sole_heights(clip.qpos)
        assert heights.min() > -0.005, clip.name
        assert heights.min((1, 2)).max() < (0.12 if clip.category == "run" else 0.01), clip.name
        assert slip(clip).max() < 0.03, clip.name


def test_every_clip_is_smooth_and_within_limits(every: list[Clip]) -> None:
    for clip in every:
        angles = clip.qpos[:, BODY.joint_qpos]
        assert (angles >= BODY.joint_range[:, 0]).all(), clip.name
        assert (angles <= BODY.joint_range[:, 1]).all(), clip.name
        acceleration = np.abs(np.diff(clip.qvel[:, BODY.joint_dof], axis=0)).max() * clip.rate_hz
        assert acceleration < (1000.0 if clip.category == "run" else 600.0), clip.name


def test_every_clip_goes_as_fast_and_turns_as_much_as_it_says(every: list[Clip]) -> None:
    for clip in every:
        heading = np.unwrap(rotations.heading(clip.qpos[:, 3:7], FORWARD_B))
        ahead, left = (
            np.stack([np.cos(heading), np.sin(heading)], -1),
            np.stack([-np.sin(heading), np.cos(heading)], -1),
        )
        velocity = clip.qvel[:, :2]
        speed = np.hypot((velocity * ahead).sum(1).mean(), (velocity * left).sum(1).mean())
        asked = float(clip.labels["speed_mps"])
        # A pelvis is up to 4 cm and 8° off its mean path at any instant.
        assert speed == pytest.approx(asked, abs=0.03 * asked + 0.04 / clip.duration_s), clip.name
        turned, rate = heading[-1] - heading[0], float(clip.labels["yaw_rate_rps"])
        assert turned == pytest.approx(rate * clip.duration_s, rel=0.03, abs=0.28), clip.name


def test_labels_say_where_a_clip_comes_from(every: list[Clip]) -> None:
    assert {clip.source for clip in every} == {"kinesis built-in gait generator"}
    assert {clip.licence for clip in every} == {"CC0-1.0"}
    assert all({"category", "speed_mps", "yaw_rate_rps"} <= set(clip.labels) for clip in every)


def test_the_cache_gives_back_what_was_made(clips: dict[str, list[Clip]], monkeypatch: pytest.MonkeyPatch) -> None:
    path = corpus.cache_file(BODY, "test")
    assert path.is_file()
    assert not list(path.parent.glob("*.tmp.npz"))
    monkeypatch.setattr(corpus, "_LOADED", {})
    for made, read in zip(clips["test"], corpus.builtin(BODY, "test"), strict=True):
        assert made.name == read.name
        assert dict(made.labels) == dict(read.labels)
        np.testing.assert_allclose(made.qpos, read.qpos, atol=1e-12)
        np.testing.assert_allclose(made.landmarks, read.landmarks, atol=1e-12)


def test_a_broken_or_unwritable_cache_only_costs_time(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(corpus, "_LOADED", {})
    path = corpus.cache_file(BODY, "validation")
    path.parent.mkdir()
    path.write_bytes(b"not an archive")
    assert corpus.builtin(BODY, "validation")
    monkeypatch.setattr(corpus, "_LOADED", {})
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert corpus.builtin(BODY, "validation")


@pytest.mark.parametrize("selector", ["walk-test", "builtin:", "builtin"])
def test_another_form_of_selector_is_refused(selector: str) -> None:
    with pytest.raises(KinesisError, match="builtin:walk-test"):
        corpus.select(BODY, selector)


@pytest.mark.parametrize(
    ("selector", "meant"), [("builtin:walc-test", "walk"), ("builtin:walk-tset", "test"), ("builtin:wlak", "walk-test")]
)
def test_an_unknown_name_gets_the_nearest(cache: Path, selector: str, meant: str) -> None:
    with pytest.raises(UnknownName, match=meant):
        corpus.select(BODY, selector)
