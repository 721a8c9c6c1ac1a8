"""A separable evolution strategy (Ros & Hansen 2008, PPSN X:296), noted after every generation so that it can go on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kinesis.errors import KinesisError
from kinesis.learn.checkpoint import replacing

CANDIDATES, KEPT, WIDTH_RATE = 16, 8, 0.1
"""Of each generation; how fast it is learnt how widely each number is drawn."""


class Evolution:
    """Where a search for `names` is; it goes on from its notes, unless they are of another search."""

    def __init__(self, notes: Path, asked: list[Any], names: list[str], width: float) -> None:
        """asked: what makes two searches different, as JSON takes it. width: how widely numbers are drawn at first."""
        self.notes, count = notes, len(names)
        self.state: dict[str, Any] = {"asked": asked, "generation": 0, "seconds": 0.0, "steps": 0, "names": names}
        self.state |= {"middle": [0.0] * count, "width": [width] * count}
        if notes.exists():
            self.state = json.loads(notes.read_text())
            if self.state["asked"] != asked:
                raise KinesisError("another search is noted", where=str(notes), got=self.state["asked"], expected=asked)

    @property
    def middle(self) -> np.ndarray:
        """(number,) what is best so far."""
        return np.array(self.state["middle"])

    @property
    def generation(self) -> int:
        """How many there were."""
        return int(self.state["generation"])

    def step(self, cost: Callable[[np.ndarray], np.ndarray], rng: np.random.Generator, steps: int) -> float:
        """Try candidates around the middle, move it, and note that; what the middle itself cost.

        cost: of (1 + CANDIDATES, number), the middle first. steps: control steps that all of them take.
        """
        started, state = time.monotonic(), self.state
        middle, width = self.middle, np.array(state["width"])
        rank = np.log(KEPT + 0.5) - np.log(np.arange(1, KEPT + 1))
        rank /= rank.sum()
        drawn = rng.standard_normal((CANDIDATES // 2, len(middle)))
        drawn = np.concatenate([drawn, -drawn])
        costs = cost(np.concatenate([middle[None], middle + width * drawn]))
        best = drawn[costs[1:].argsort()[:KEPT]]
        state["middle"] = (middle + width * (rank @ best)).tolist()
        state["width"] = (width * (1.0 - WIDTH_RATE) + WIDTH_RATE * width * np.sqrt(rank @ best**2)).tolist()
        state["generation"] += 1
        state["steps"] += steps
        state["seconds"] += time.monotonic() - started
        with replacing(self.notes) as temporary:
            temporary.write_text(json.dumps(state))
        return float(costs[0])
