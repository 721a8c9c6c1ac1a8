"""kinesis export: a policy as a file for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro


@dataclass(frozen=True)
class Export:
    """Write a policy as ONNX: normalisation inside, the card in the metadata `kinesis`."""

    policy: Annotated[str, tyro.conf.Positional] = "default"
    """A shipped policy's name, or the path of a checkpoint."""
    onnx: Path | None = None
    """Where to; default POLICY.onnx here."""


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(Export, args=list(argv), prog="kinesis export")
    from kinesis.body import load
    from kinesis.learn import load_checkpoint
    from kinesis.learn.export import export_onnx

    checkpoint = load_checkpoint(asked.policy)
    path = asked.onnx or Path(f"{checkpoint.name}.onnx")
    export_onnx(checkpoint, path)
    width = sum(checkpoint.card.observations.values())
    print(f"{path}: observation (batch, {width}) → action (batch, {load(checkpoint.card.task.body).model.nu})")
    return 0
