"""Where numbers come from: which policy, which body, which versions, which machine, which motions."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

import numpy as np

from kinesis import __version__
from kinesis.learn.checkpoint import Checkpoint
from kinesis.motion.clip import Clip

_PACKAGES = ("mujoco", "myo-sim", "numpy", "torch")
_CPU = Path("/proc/cpuinfo")


def policy_id(checkpoint: Checkpoint) -> str:
    """16 hex digits over a checkpoint: every weight by its name, and its card but for the scores written on it."""
    card = asdict(checkpoint.card) | {"scores": None}
    digest = hashlib.sha256(json.dumps(card, sort_keys=True, default=dict).encode())
    for name, tensor in sorted(checkpoint.policy.actor.plain_state().items()):
        digest.update(name.encode() + b"\0")
        digest.update(tensor.detach().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def motions_id(clips: Sequence[Clip]) -> str:
    """16 hex digits over names, rates and coordinates to a tenth of a millimetre, in order."""
    digest = hashlib.sha256()
    for clip in clips:
        digest.update(f"{clip.name}\0{clip.rate_hz}\0".encode())
        digest.update(np.round(1e4 * clip.qpos).astype(np.int64).tobytes())
    return digest.hexdigest()[:16]


def versions() -> dict[str, str]:
    """Of this package, Python and what decides the numbers."""
    return {"kinesis": __version__, "python": platform.python_version()} | {p: metadata.version(p) for p in _PACKAGES}


def machine() -> dict[str, str | int]:
    """Cores that this process may use, and the processor's own name."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {"cores": cores, "cpu": _cpu(), "system": platform.system()}


def _cpu() -> str:
    try:
        lines = _CPU.read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
