"""What several tests of learning follow."""

import numpy as np
import pytest

from kinesis.body import Kinematics, load, twin
from kinesis.motion.clip import make_clip


@pytest.fixture(scope="package")
def clip():
    """Somebody who stands and sways in all joints for two seconds."""
    body = load("legs80")
    qpos = np.tile(body.standing_qpos(), (101, 1))
    qpos[:, body.joint_qpos] += 0.1 + 0.1 * np.sin(np.arange(101)[:, None] / 8)
    return make_clip(Kinematics(body), qpos, 50.0, name="sway", source="test", licence="CC0-1.0")


@pytest.fixture(scope="package")
def levers():
    """The muscles' geometry, roughly: from fewer postures than it is learnt from in earnest."""
    body = load("legs80")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(twin, "_POSTURES", 2000)
        levers = twin.Levers(body)
        levers.fit(body, fits=200)
    return levers
