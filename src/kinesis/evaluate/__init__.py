"""How well a policy follows motions."""

from kinesis.evaluate.follow import Run, follow_clips
from kinesis.evaluate.metrics import Score, summarise

__all__ = ["Run", "Score", "follow_clips", "summarise"]
