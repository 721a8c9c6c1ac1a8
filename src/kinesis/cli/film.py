"""kinesis film: policies following one motion, side by side, as mp4 or gif."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from kinesis.cli.terminal import progress
from kinesis.errors import KinesisError

if TYPE_CHECKING:
    from kinesis.view import Shot


@dataclass(frozen=True)
class Film:
    """Film policies following a motion; needs OpenGL without a screen (Debian: libegl1 or libosmesa6)."""

    policy: str = "default"
    """A shipped policy's name, or the path of a checkpoint; commas join several, side by side."""
    motion: str = "builtin:walk@1.2"
    """What is followed: builtin:walk@1.2, or a file."""
    clip: str | None = None
    """Which motion, of a selection or file of several."""
    out: Path = Path("out/film.mp4")
    """The film, .mp4 or .gif."""
    width: int = 640
    """Of each picture [pixel]."""
    height: int = 480
    """Of each picture [pixel]."""
    speed: float = 1.0
    """0.5 is slow motion, half as fast as it was."""
    captions: bool = True
    """Write into each picture which policy it is, what it follows and how well."""
    ghost: bool = True
    """Show what is wanted as a ghost."""


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(Film, args=list(argv), prog="kinesis film")
    names = [name.strip() for name in asked.policy.split(",") if name.strip()]
    if not names:
        raise KinesisError("no policy named", got=asked.policy, expected="default, or the path of a checkpoint")
    if not 0.01 <= asked.speed <= 10.0:
        raise KinesisError("not a speed of a film", got=asked.speed, expected="0.01 to 10")
    from kinesis.view import render_film
    from kinesis.view.video import check_film, offscreen_backend

    check_film(asked.out, (asked.width, asked.height))
    offscreen_backend()  # what cannot be drawn is said before it is simulated
    shots = [_shot(name, asked) for name in names]
    with progress(str(asked.out)) as told:
        film = render_film(asked.out, shots, width=asked.width, height=asked.height, progress=told)
    print(f"film: {film}")
    return 0


def _shot(policy: str, asked: Film) -> Shot:
    from kinesis.body import Kinematics, load
    from kinesis.evaluate import follow_clips
    from kinesis.learn import load_checkpoint
    from kinesis.motion.find import find_motion
    from kinesis.view import Shot, followed

    checkpoint = load_checkpoint(policy)
    task = checkpoint.card.task
    body = load(task.body)
    clip = find_motion(asked.motion, Kinematics(body), asked.clip).clip
    seen = followed(follow_clips(checkpoint.policy, task, [clip])[0], body)
    kept, pace = seen.metrics, "" if asked.speed == 1.0 else f", {asked.speed:g} times its speed"
    caption = f"{checkpoint.name}\n{clip.name}{pace}\n{kept['coverage']} followed, {kept['MPJPE']}"
    shown = dataclasses.replace(seen, rate_hz=seen.rate_hz * asked.speed)
    return Shot(body, shown if asked.ghost else dataclasses.replace(shown, reference=None), caption * asked.captions)
