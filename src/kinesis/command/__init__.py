"""What is wanted next."""

from kinesis.command.follow import Follow, Target

__all__ = ["Follow", "Target"]
