"""The default corpus: several hundred built-in motions, split by parameters and seed, built once and cached.

Beside its three splits there are five for training only: `varied`, of people far from the average; `routes`, their
ways at their rhythm by people near it; `strayed`, of `train` and `routes` as imperfect recordings of others; and
`leaps` and `near`, of runs as most recorded ones are, and of walks and turns by people near the average and runs that
gather speed; each of both as it is and as two imperfect recordings.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from kinesis.body import Body, Kinematics
from kinesis.errors import KinesisError, UnknownName, nearest
from kinesis.motion import gait
from kinesis.motion.clip import Clip, make_clip
from kinesis.motion.gait.slip import slip
from kinesis.motion.recipes import COUNTS, specs
from kinesis.motion.residuals import reduced
from kinesis.motion.stray import part_way, stray

Split = Literal["train", "validation", "test", "varied", "routes", "strayed", "leaps", "near"]
SPLITS: tuple[Split, ...] = get_args(Split)[:3]
CATEGORIES = tuple(COUNTS)
RATE_HZ = 50.0
SLIP_MPS, SLIP_SHARE = 0.08, 0.06
"""How fast a standing foot of `varied` may slide, and a share of the speed beyond: as feet of recordings do."""
LEAPING = ((2.1, 3.0), (0.105, 0.155), (2.25, 2.78))
"""Between which lie mean speed [m/s], rise of the pelvis [m] and steps a second of `leaps`, as of most recordings."""
LEFT_NM = 100.0
"""Residual moment that `leaps` may keep."""

_LOADED: dict[Path, tuple[Clip, ...]] = {}


def _loaded(body: Body, split: Split) -> tuple[Clip, ...]:
    path = cache_file(body, split)
    if path not in _LOADED:
        kinematics = Kinematics(body)
        clips = _read(path, kinematics)
        if clips is None:
            clips = tuple(_made(kinematics, split))
            _write(path, clips, body)
        _LOADED[path] = clips
    return _LOADED[path]


def _made(kinematics: Kinematics, split: Split) -> Iterator[Clip]:
    """Clips of a split; of `varied` only those whose feet hold, of `leaps` those that recorded runs resemble."""
    if split == "strayed":
        for clip in (*_loaded(kinematics.body, "train"), *_loaded(kinematics.body, "routes")):
            yield stray(kinematics, clip).strayed
        return
    for name, spec in specs(split):
        clip = gait.generate(kinematics, spec, rate_hz=RATE_HZ, name=name)
        if split == "leaps" or (split == "near" and clip.category == "run"):
            yield from _leapt(kinematics, clip)
        elif split == "near":
            yield from _strayed_a_little(kinematics, clip)
        elif split != "varied" or _holds(clip):
            yield clip


def _holds(clip: Clip) -> bool:
    """Whether standing feet slide no faster than those of recordings do."""
    return bool(slip(clip).max() < SLIP_MPS + SLIP_SHARE * float(clip.labels["speed_mps"]))


def _leapt(kinematics: Kinematics, run: Clip) -> Iterator[Clip]:
    """A run and two imperfect recordings of it, reduced; none of a run that recorded ones do not resemble."""
    if _as_recorded(run):
        yield reduced(kinematics, run, LEFT_NM)
        for copy in range(2):
            yield reduced(kinematics, stray(kinematics, run, copy).strayed, LEFT_NM)


def _strayed_a_little(kinematics: Kinematics, clip: Clip) -> Iterator[Clip]:
    """A motion whose feet hold and two imperfect recordings of it, less so than most that `stray` makes."""
    if _holds(clip):
        yield clip
        for copy, share in enumerate((0.3, 0.8)):
            yield part_way(kinematics, stray(kinematics, clip, copy), share)


def _as_recorded(run: Clip) -> bool:
    """Whether speed, rise of the pelvis and steps a second are those of recorded runs (`LEAPING`)."""
    height = run.qpos[:, 2]
    speed = np.linalg.norm(np.diff(run.qpos[:, :2], axis=0), axis=1).mean() * run.rate_hz
    rise = np.subtract(*np.percentile(height, [98.0, 2.0]))
    spectrum = np.abs(np.fft.rfft((height - height.mean()) * np.hanning(len(height)), 4096))
    rates = np.fft.rfftfreq(4096, 1.0 / run.rate_hz)
    steps = rates[np.where((rates > 1.5) & (rates < 4.5), spectrum, 0.0).argmax()]
    return all(low < got < high for got, (low, high) in zip((speed, rise, steps), LEAPING, strict=True))


def builtin(body: Body, split: Split) -> list[Clip]:
    """Every clip of a split, or of those for training; from the cache where it is there, else generated and cached.

    Raises:
        UnknownName: for another split than train, validation, test, varied, routes, strayed, leaps or near.
    """
    if split not in get_args(Split):
        raise KinesisError.unknown("split of the built-in corpus", split, get_args(Split))
    return list(_loaded(body, split))


def select(body: Body, selector: str) -> list[Clip]:
    """The clips that `builtin:SPLIT` or `builtin:CATEGORY-SPLIT` names.

    Raises:
        KinesisError: for a selector of another form. UnknownName: for an unknown category or split.
    """
    source, _, words = selector.partition(":")
    if source != "builtin" or not words:
        raise KinesisError("not a selector of built-in motions", got=selector, expected="builtin:walk-test or similar")
    category, _, split = words.rpartition("-")
    if not category and split not in get_args(Split):
        known = {name: name for name in get_args(Split)} | {name: f"{name}-test" for name in CATEGORIES}
        meant = [known[name] for name in nearest(split, known)] or list(get_args(Split))
        hint = f"did you mean {' or '.join(meant)}?"
        raise UnknownName(f"there are no built-in motions {split!r}", where=selector, hint=hint)
    if category and category not in CATEGORIES:
        raise KinesisError.unknown("category of built-in motions", category, CATEGORIES, where=selector)
    return [clip for clip in builtin(body, split) if category in ("", clip.category)]  # type: ignore[arg-type]


def cache_directory() -> Path:
    """`$XDG_CACHE_HOME/kinesis`, by default `~/.cache/kinesis`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kinesis"


def cache_file(body: Body, split: Split) -> Path:
    """Where a split is cached: named after the body's fingerprint and the source of the generator."""
    return cache_directory() / f"corpus-{body.fingerprint}-{_version()}-{split}.npz"


@functools.cache
def _version() -> str:
    """12 hex digits over every source file that decides what the corpus holds."""
    here = Path(__file__).parent
    digest = hashlib.sha256(np.array([RATE_HZ]).tobytes())
    decide = [here / f"{name}.py" for name in ("clip", "recipes", "stray", "residuals")]
    for path in [*decide, *sorted((here / "gait").glob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _write(path: Path, clips: tuple[Clip, ...], body: Body) -> None:
    """Root and driven coordinates of all clips in one file; it appears whole or not at all."""
    keep = np.concatenate([np.arange(7), body.joint_qpos])
    words = json.dumps([[clip.name, dict(clip.labels)] for clip in clips])
    lengths = np.array([clip.frames for clip in clips])
    coordinates = np.concatenate([clip.qpos for clip in clips])[:, keep]
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=path.parent, suffix=".npz")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, words=words, lengths=lengths, coordinates=coordinates)
            Path(scratch).replace(path)
        except OSError:
            Path(scratch).unlink(missing_ok=True)


def _read(path: Path, kinematics: Kinematics) -> tuple[Clip, ...] | None:
    """What `_write` wrote, or None where there is nothing of use."""
    body = kinematics.body
    try:
        with np.load(path, allow_pickle=False) as data:
            words, lengths, coordinates = json.loads(str(data["words"])), data["lengths"], data["coordinates"]
    except (OSError, ValueError, KeyError):
        return None
    qpos = np.tile(body.standing_qpos(), (len(coordinates), 1))
    qpos[:, np.concatenate([np.arange(7), body.joint_qpos])] = coordinates
    parts = np.split(qpos, np.cumsum(lengths)[:-1])
    return tuple(
        make_clip(kinematics, part, RATE_HZ, name=name, source=gait.SOURCE, licence=gait.LICENCE, labels=labels)
        for part, (name, labels) in zip(parts, words, strict=True)
    )
