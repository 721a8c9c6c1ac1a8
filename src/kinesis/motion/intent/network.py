"""The network that says how a frame must be moved, from what is seen a second before and after it; in plain numpy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from kinesis.errors import KinesisError

OFFSETS_S = (-1.0, -0.7, -0.48, -0.32, -0.2, -0.1, 0.0, 0.1, 0.2, 0.32, 0.48, 0.7, 1.0)
"""When a frame's surroundings are seen, from it on [s]."""
MOST = 5.0
"""Standard deviations up to which a feature is seen."""


@dataclass(frozen=True)
class Weights:
    """A network's tensors by name, and in words where they come from.

    `mean`, `std` (feature,); `scale` (move,); `encoder.K` of every frame seen, `decoder.K` of all of them and once more
    the middle one, each a `weight` (out, in) and a `bias`; mirror images of features and moves as signed permutations,
    `mirror.feature`, `mirror.feature_sign`, `mirror.move`, `mirror.move_sign`.
    """

    tensors: Mapping[str, np.ndarray]
    words: Mapping[str, object]

    @property
    def fingerprint(self) -> str:
        """12 hex digits over all tensors."""
        digest = hashlib.sha256()
        for name in sorted(self.tensors):
            digest.update(name.encode() + b"\0" + np.ascontiguousarray(self.tensors[name]).tobytes())
        return digest.hexdigest()[:12]

    def moves(self, values: np.ndarray, rate_hz: float) -> np.ndarray:
        """(frame, move) for features (frame, feature) at rate_hz; the mean of what the mirrored motion would need."""
        image = values[:, self.tensors["mirror.feature"]] * self.tensors["mirror.feature_sign"]
        return 0.5 * (self._one_side(values, rate_hz) + self.mirrored(self._one_side(image, rate_hz)))

    def mirrored(self, moves: np.ndarray) -> np.ndarray:
        """The moves (..., move) of the mirror image."""
        image: np.ndarray = moves[..., self.tensors["mirror.move"]] * self.tensors["mirror.move_sign"]
        return image

    def _one_side(self, values: np.ndarray, rate_hz: float) -> np.ndarray:
        t = self.tensors
        scaled = np.clip((values - t["mean"]) / t["std"], -MOST, MOST)
        places = np.arange(len(values))[:, None] + np.round(np.array(OFFSETS_S) * rate_hz).astype(int)
        coded = self._layers("encoder", scaled, last=True)[np.clip(places, 0, len(values) - 1)]
        return self._layers("decoder", np.concatenate([coded.reshape(len(values), -1), scaled], 1)) * t["scale"]

    def _layers(self, part: str, x: np.ndarray, *, last: bool = False) -> np.ndarray:
        """Linear layers with sigmoid-weighted units between them, and after the last one if asked."""
        count = sum(name.startswith(f"{part}.") and name.endswith(".weight") for name in self.tensors)
        for layer in range(count):
            x = x @ self.tensors[f"{part}.{layer}.weight"].T + self.tensors[f"{part}.{layer}.bias"]
            if last or layer < count - 1:
                x = x * (0.5 + 0.5 * np.tanh(0.5 * x))
        return x


def read_weights(path: Path) -> Weights:
    """Read a `.safetensors` file.

    Raises:
        KinesisError: if it is not one of these.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            words = json.loads((file.metadata() or {})["intent"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise KinesisError("not weights of an intent", where=str(path), got=error) from None
    return Weights(tensors, words)


def write_weights(path: Path, weights: Weights) -> None:
    """Write what `read_weights` reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {name: np.ascontiguousarray(tensor) for name, tensor in weights.tensors.items()}
    save_file(whole, path, metadata={"intent": json.dumps(weights.words)})
