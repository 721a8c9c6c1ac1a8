"""A policy in ONNX does what it does here."""

import json

import numpy as np
import pytest
import torch

from kinesis.errors import KinesisError
from kinesis.learn import load_checkpoint
from kinesis.learn.export import export_onnx

runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")


def test_the_same_actions_in_another_program(tmp_path):
    checkpoint = load_checkpoint("default")
    export_onnx(checkpoint, tmp_path / "policy.onnx")
    session = runtime.InferenceSession(str(tmp_path / "policy.onnx"))
    width = sum(checkpoint.card.observations.values())
    normaliser = checkpoint.policy.actor.obs_normalizer
    for batch in (1, 7):
        seen = normaliser._mean + 2.0 * normaliser._std * torch.randn(batch, width)
        (found,) = session.run(["action"], {"observation": seen.numpy()})
        assert np.abs(found - checkpoint.policy(seen).numpy()).max() < 1e-5
    card = json.loads(session.get_modelmeta().custom_metadata_map["kinesis"])
    assert card["fingerprint"] == checkpoint.card.fingerprint
    assert [p.name for p in tmp_path.iterdir()] == ["policy.onnx"]


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(KinesisError, match="cannot be written"):
        export_onnx(load_checkpoint("default"), tmp_path / "nowhere" / "policy.onnx")
