"""What is wanted next."""

from kinesis.command.follow import Follow, Target
from kinesis.command.slip import Slip

__all__ = ["Follow", "Slip", "Target"]
