"""Train the network of an intent on the built-in motions, and say how well it undoes straying that it never saw.

python benchmarks/intent.py --out intent.safetensors
"""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from pathlib import Path

import numpy as np
from rich.progress import Progress

from kinesis.body import Kinematics, load
from kinesis.cli import command
from kinesis.learn.intent import Schooling, make_pairs, teach
from kinesis.motion.corpus import RATE_HZ, builtin
from kinesis.motion.gait import LICENCE, SOURCE
from kinesis.motion.intent import Intent
from kinesis.motion.intent.network import write_weights
from kinesis.motion.stray import stray

UNSEEN = 1000
"""Number of the copy that validation motions stray as."""


def main(out: Path, steps: int = Schooling.steps, seed: int = 0) -> None:
    """Make the pairs, learn, write the weights, print one line of JSON."""
    body, school = load("legs80"), Schooling(steps=steps, seed=seed)
    kinematics, began = Kinematics(body), time.monotonic()
    clips = [*builtin(body, "train"), *builtin(body, "routes")]
    with Progress() as bars:
        straying, learning = bars.add_task("straying", total=None), bars.add_task("learning", total=steps)
        pairs = make_pairs(
            kinematics, clips, school, lambda done, whole: bars.update(straying, completed=done, total=whole)
        )
        weights = teach(kinematics, pairs, RATE_HZ, school, lambda done, _: bars.update(learning, completed=done))
    data = {"source": SOURCE, "licence": LICENCE, "clips": len(clips)}
    weights = dataclasses.replace(weights, words={**weights.words, "data": data})
    write_weights(out, weights)
    intent, before, after = Intent(weights, kinematics), [], []
    for clip in builtin(body, "validation"):
        plain, other = stray(kinematics, clip, UNSEEN)
        before.append(_distance_mm(other.landmarks, plain.landmarks))
        after.append(_distance_mm(intent(other).landmarks, plain.landmarks))
    words = {
        "fingerprint": weights.fingerprint,
        "minutes": round((time.monotonic() - began) / 60.0, 1),
        "validation_strayed_mm": round(float(np.mean(before)), 1),
        "validation_intended_mm": round(float(np.mean(after)), 1),
    }
    print(json.dumps(words))


def _distance_mm(one: np.ndarray, other: np.ndarray) -> float:
    return 1000.0 * float(np.linalg.norm(one - other, axis=-1).mean())


if __name__ == "__main__":
    sys.exit(command(main))
