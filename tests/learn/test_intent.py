"""Teaching an intent: the network learns to undo straying, always alike, and numpy says what torch learnt."""

import numpy as np
import pytest
import torch

from kinesis.body import Kinematics, load
from kinesis.learn.intent import Pairs, Schooling, _Network, make_pairs, measured_mirror, teach
from kinesis.motion.corpus import select
from kinesis.motion.intent.network import MOST, OFFSETS_S

KINEMATICS = Kinematics(load("legs80"))
SMALL = Schooling(copies=2, steps=120, batch=256, encoder=(24, 12), decoder=(48,))


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return make_pairs(KINEMATICS, select(KINEMATICS.body, "builtin:walk-validation")[:3], SMALL)


def test_plain_frames_are_to_be_left_alone_and_strayed_ones_moved(pairs: Pairs) -> None:
    assert len(pairs.lengths) == 9
    copies = np.split(pairs.moves, np.cumsum(pairs.lengths)[:-1])
    assert np.abs(np.concatenate(copies[::3])).max() < 1e-6
    assert np.concatenate(copies[1::3] + copies[2::3]).std(0).min() > 1e-3


def test_runs_stray_more_often() -> None:
    clips = [select(KINEMATICS.body, f"builtin:{kind}-validation")[0] for kind in ("walk", "run")]
    made = make_pairs(KINEMATICS, clips, Schooling(copies=1, run_copies=3))
    assert made.lengths.tolist() == [clips[0].frames] * 2 + [clips[1].frames] * 4


def test_it_learns_always_alike(pairs: Pairs) -> None:
    weights = teach(KINEMATICS, pairs, 50.0, SMALL)
    assert weights.fingerprint == teach(KINEMATICS, pairs, 50.0, SMALL).fingerprint
    said = np.concatenate(
        [weights.moves(v, 50.0) for v in np.split(pairs.values.astype(float), np.cumsum(pairs.lengths)[:-1])]
    )
    assert np.square(said - pairs.moves).mean() < 0.6 * np.square(pairs.moves).mean()


def test_numpy_says_what_torch_learnt(pairs: Pairs) -> None:
    weights = teach(KINEMATICS, pairs, 50.0, SMALL)
    network = _Network(pairs.values.shape[1], SMALL)
    network.load_state_dict(
        {k: torch.from_numpy(v) for k, v in weights.tensors.items() if k.startswith(("encoder", "decoder"))}
    )
    frames = int(pairs.lengths[0])
    scaled = np.clip((pairs.values[:frames] - weights.tensors["mean"]) / weights.tensors["std"], -MOST, MOST)
    places = np.arange(frames)[:, None] + np.round(np.array(OFFSETS_S) * 50.0).astype(int)
    seen = torch.from_numpy(scaled.astype(np.float32)[np.clip(places, 0, frames - 1)])
    with torch.no_grad():
        wanted = network(seen).numpy() * weights.tensors["scale"]
    np.testing.assert_allclose(weights._one_side(pairs.values[:frames], 50.0), wanted, atol=1e-4)


def test_mirroring_twice_changes_nothing() -> None:
    for index, sign in measured_mirror(KINEMATICS):
        values = torch.randn(5, len(index))
        once = values[:, index] * sign
        torch.testing.assert_close(once[:, index] * sign, values)
