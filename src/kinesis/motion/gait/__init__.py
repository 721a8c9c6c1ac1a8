"""The built-in motion generator: walking, running, turning and standing without any recording."""

from kinesis.motion.gait.generator import LICENCE, SOURCE, generate
from kinesis.motion.gait.spec import GaitSpec, Segment, Style

__all__ = ["LICENCE", "SOURCE", "GaitSpec", "Segment", "Style", "generate"]
