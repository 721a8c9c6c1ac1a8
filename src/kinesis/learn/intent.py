"""Teach an intent: strayed copies of motions beside the plain ones, by regression (see `motion/intent`)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor, nn

from kinesis import rotations
from kinesis.body import Body, Kinematics
from kinesis.motion.clip import Clip
from kinesis.motion.intent.network import MOST, OFFSETS_S, Weights
from kinesis.motion.intent.seen import MOVES, moves_between, see
from kinesis.motion.stray import Stray, stray

Report = Callable[[int, int], None]
Signed = tuple[Tensor, Tensor]
"""Indices and signs of a mirror image: image = sign * values[..., index]."""


@dataclass(frozen=True)
class Schooling:
    """copies, run_copies: strayed ones of every motion and of every run, which are fewer and differ by more.

    steps of `batch` frames; learning_rate at most, falling to nothing.
    encoder, decoder: widths of hidden layers; the encoder's last is what is kept of every frame that is seen.
    """

    copies: int = 3
    run_copies: int = 18
    steps: int = 14_000
    batch: int = 1024
    learning_rate: float = 1.5e-3
    encoder: tuple[int, ...] = (96, 48)
    decoder: tuple[int, ...] = (384, 256)
    seed: int = 0


@dataclass(frozen=True)
class Pairs:
    """What is seen of strayed frames (row, feature), and the moves (row, move) that make them plain; clips' lengths."""

    values: np.ndarray
    moves: np.ndarray
    lengths: np.ndarray


def make_pairs(kinematics: Kinematics, clips: Sequence[Clip], school: Schooling, report: Report | None = None) -> Pairs:
    """Every clip as it is, which is to be left alone, and strayed as often as `school` says. report: of (done, all)."""
    body, values, moves = kinematics.body, [], []
    wanted = [
        (clip, copy)
        for clip in clips
        for copy in range(-1, school.run_copies if clip.category == "run" else school.copies)
    ]
    for clip, copy in wanted:
        plain, other = Stray(clip, clip) if copy < 0 else stray(kinematics, clip, copy)
        seen = see(body, other.qpos, other.landmarks, other.rate_hz)
        values.append(seen.values.astype(np.float32))
        moves.append(moves_between(body, other.qpos, plain.qpos, seen.heading).astype(np.float32))
        if report:
            report(len(values), len(wanted))
    return Pairs(np.concatenate(values), np.concatenate(moves), np.array([len(v) for v in values]))


class _Network(nn.Module):
    """`motion/intent/network.py` for torch, one side: (row, instant, feature) to scaled moves (row, move)."""

    def __init__(self, features: int, school: Schooling) -> None:
        super().__init__()
        seen = (features, *school.encoder)
        whole = (seen[-1] * len(OFFSETS_S) + features, *school.decoder, MOVES)
        self.encoder = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(seen))
        self.decoder = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(whole))

    def forward(self, scaled: Tensor) -> Tensor:
        coded = scaled
        for layer in self.encoder:
            coded = nn.functional.silu(layer(coded))
        out = torch.cat([coded.flatten(1), scaled[:, len(OFFSETS_S) // 2]], 1)
        for layer in self.decoder[:-1]:
            out = nn.functional.silu(layer(out))
        return self.decoder[-1](out)


def teach(
    kinematics: Kinematics, pairs: Pairs, rate_hz: float, school: Schooling, report: Report | None = None
) -> Weights:
    """Regression on pairs at rate_hz, every other batch mirrored. report: of (steps done, all)."""
    torch.manual_seed(school.seed)
    generator = torch.Generator().manual_seed(school.seed)
    feature, move = measured_mirror(kinematics)
    values, moves = torch.from_numpy(pairs.values), torch.from_numpy(pairs.moves)
    mean, std = _alike(values.mean(0), feature), torch.maximum(values.std(0), values.std(0)[feature[0]]) + 1e-3
    scale = torch.maximum(moves.std(0), moves.std(0)[move[0]]) + 1e-4
    first = torch.from_numpy(np.repeat(np.cumsum(pairs.lengths) - pairs.lengths, pairs.lengths))
    last = first + torch.from_numpy(np.repeat(pairs.lengths, pairs.lengths)) - 1
    offsets = torch.round(torch.tensor(OFFSETS_S, dtype=torch.float64) * rate_hz).long()
    network = _Network(values.shape[1], school)
    optimizer = torch.optim.AdamW(network.parameters(), lr=school.learning_rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, school.learning_rate, total_steps=school.steps + 1, pct_start=0.05
    )
    for step in range(school.steps):
        rows = torch.randint(len(values), (school.batch,), generator=generator)
        places = torch.minimum(torch.maximum(rows[:, None] + offsets, first[rows, None]), last[rows, None])
        seen, wanted = values[places], moves[rows]
        if step % 2:
            seen, wanted = _image(seen, feature), _image(wanted, move)
        loss = (network(((seen - mean) / std).clamp(-MOST, MOST)) - wanted / scale).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if report:
            report(step + 1, school.steps)
    constants = {"mean": mean, "std": std, "scale": scale}
    mirror = {
        "mirror.feature": feature[0],
        "mirror.feature_sign": feature[1],
        "mirror.move": move[0],
        "mirror.move_sign": move[1],
    }
    tensors = {name: value.detach().numpy() for name, value in (constants | mirror | network.state_dict()).items()}
    return Weights(tensors, {"school": asdict(school), "frames": len(values)})


def _image(values: Tensor, signed: Signed) -> Tensor:
    return values[..., signed[0]] * signed[1]


def _alike(values: Tensor, signed: Signed) -> Tensor:
    return 0.5 * (values + _image(values, signed))


def measured_mirror(kinematics: Kinematics) -> tuple[Signed, Signed]:
    """How features and moves change when a motion is mirrored, found from random motions and their mirror images."""
    body, rng = kinematics.body, np.random.default_rng(0)
    qpos, other = _random_motion(body, rng), _random_motion(body, rng)

    def seen_and_moves(qpos: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        landmarks = kinematics.landmarks(qpos, np.zeros((len(qpos), body.model.nv))).position
        seen = see(body, qpos, landmarks, rate_hz=1.0)
        return seen.values, moves_between(body, qpos, other, seen.heading)

    plain = seen_and_moves(qpos, other)
    mirrored = seen_and_moves(body.mirror.position(qpos), body.mirror.position(other))
    feature, move = (_signed(*pair) for pair in zip(plain, mirrored, strict=True))
    return feature, move


def _random_motion(body: Body, rng: np.random.Generator, frames: int = 32) -> np.ndarray:
    qpos = np.tile(body.standing_qpos(), (frames, 1))
    qpos[:, body.joint_qpos] = (
        rng.uniform(0.2, 0.8, (frames, 1)) * np.ptp(body.joint_range, axis=1) + body.joint_range[:, 0]
    )
    qpos[:, body.joint_qpos] += 0.05 * rng.normal(size=(frames, len(body.joints)))
    qpos[:, :3] += rng.normal(size=(frames, 3))
    qpos[:, 3:7] = rotations.multiply(rotations.from_rotvec(0.3 * rng.normal(size=(frames, 3))), qpos[:, 3:7])
    body.couplings.apply(qpos)
    return qpos


def _signed(plain: np.ndarray, mirrored: np.ndarray) -> Signed:
    """The signed permutation that makes columns of (row, column) `mirrored` out of those of `plain`."""
    same = np.abs(mirrored[:, :, None] - plain[:, None]).max(0)
    flipped = np.abs(mirrored[:, :, None] + plain[:, None]).max(0)
    index = np.minimum(same, flipped).argmin(1)
    rows = np.arange(len(index))
    sign = np.where(same[rows, index] <= flipped[rows, index], 1.0, -1.0)
    return torch.from_numpy(index), torch.from_numpy(sign).float()
