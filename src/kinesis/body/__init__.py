"""Which skeleton and muscles: Body and its factory."""

from kinesis.body.body import ANATOMICAL_B, FORWARD_B, Body, Couplings
from kinesis.body.catalogue import BODIES, load
from kinesis.body.kinematics import Kinematics, Landmarks
from kinesis.body.mirror import Mirror

__all__ = ["ANATOMICAL_B", "BODIES", "FORWARD_B", "Body", "Couplings", "Kinematics", "Landmarks", "Mirror", "load"]
