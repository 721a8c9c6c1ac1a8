"""What a body makes of a recording: the motion that it intends, close to what is wanted and fit to be carried out."""

from kinesis.motion.intent.intent import Intent, intended, shipped, weights_of

__all__ = ["Intent", "intended", "shipped", "weights_of"]
