"""kinesis info WHAT: what a body, a policy or a motion holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from kinesis.errors import KinesisError, UnknownName


@dataclass(frozen=True)
class Info:
    """Describe something by its name or path, as JSON."""

    what: Annotated[str, tyro.conf.Positional]
    """A body (legs80), a policy (default, FILE.safetensors) or motions (builtin:walk-test, FILE)."""
    audit: bool = False
    """A body's fibres, moment arms and strength beside published values, as Markdown tables instead."""


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(Info, args=list(argv), prog="kinesis info")
    print(_audit(asked.what) if asked.audit else json.dumps(_describe(asked.what), indent=1, default=dict))
    return 0


def _audit(what: str) -> str:
    from kinesis.analysis.anatomy import audit, markdown
    from kinesis.body import load

    body = load(what)
    if body.actuation != "muscle":
        raise KinesisError("a body without muscles has none to audit", got=what, expected=body.name.split("_torque")[0])
    return markdown(audit(body))


def _describe(what: str) -> dict[str, Any]:
    from kinesis.body import BODIES, load
    from kinesis.learn import load_checkpoint
    from kinesis.learn.checkpoint import SHIPPED
    from kinesis.motion.find import find_motions
    from kinesis.task.env import describe

    if what in BODIES:
        body = load(what)
        return {
            "body": body.name,
            "fingerprint": body.fingerprint,
            "mass_kg": round(body.mass_kg, 3),
            "joints": body.joints,
            "actuators": body.actuators,
            "muscle_groups": body.groups,
            "landmarks": body.landmarks,
        }
    if what.startswith("builtin:") or (Path(what).exists() and not what.endswith(".safetensors")):
        clips = find_motions(what, load("legs80"))
        return {
            c.name: {
                "seconds": c.duration_s,
                "rate_hz": c.rate_hz,
                "source": c.source,
                "licence": c.licence,
                **c.labels,
            }
            for c in clips
        }
    try:
        checkpoint = load_checkpoint(what)
    except UnknownName:
        policies = sorted(path.stem for path in SHIPPED.glob("*.safetensors"))
        raise KinesisError.unknown("body, policy or motion", what, [*policies, *BODIES.names()]) from None
    card = asdict(checkpoint.card)
    card["rewards"] = describe(checkpoint.card.task.rewards)
    return card
