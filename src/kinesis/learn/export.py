"""A policy for other programs: ONNX, with the observation's normalisation inside and the card in its metadata."""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict
from pathlib import Path

import torch

from kinesis.errors import KinesisError
from kinesis.learn.checkpoint import Checkpoint, replacing


def export_onnx(checkpoint: Checkpoint, path: Path) -> None:
    """Write `observation` (batch, width) → `action` (batch, action), both float32; the batch is free.

    The metadata `kinesis` is the checkpoint's card as JSON: the body and its fingerprint, the action law, names
    and widths of what is observed, in order. The file appears whole or not at all.

    Raises:
        KinesisError: if the package onnx is missing, or the file cannot be written.
    """
    try:
        import onnx
    except ModuleNotFoundError:
        raise KinesisError("exporting needs the package onnx", hint="pip install 'kinesis[onnx]'") from None
    network = checkpoint.policy.network.eval()
    width = sum(checkpoint.card.observations.values())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch warns of its own use of itself
        program = torch.onnx.export(
            network,
            (torch.zeros(2, width),),
            input_names=["observation"],
            output_names=["action"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    onnx.helper.set_model_props(model, {"kinesis": json.dumps(asdict(checkpoint.card), default=dict)})
    try:
        with replacing(path) as temporary:
            onnx.save(model, str(temporary))
    except OSError as error:
        raise KinesisError("the file cannot be written", where=str(path), got=error) from None
