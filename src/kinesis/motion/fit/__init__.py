"""From recorded points to a Clip: scaling, inverse kinematics, footing."""

from kinesis.motion.fit.whole import Fit, fit

__all__ = ["Fit", "fit"]
