"""Kinematics without physics: one posture alone is what it is among many."""

import numpy as np

from kinesis import rotations
from kinesis.body import Kinematics, load

BODY = load("legs80")


def test_a_posture_alone_has_the_landmarks_that_it_has_in_a_batch() -> None:
    rng, kinematics, count = np.random.default_rng(4), Kinematics(BODY, threads=1), 5
    qpos, qvel = np.tile(BODY.standing_qpos(), (count, 1)), rng.normal(size=(count, BODY.model.nv))
    qpos[:, BODY.joint_qpos] = rng.uniform(*BODY.joint_range.T, (count, len(BODY.joints)))
    qpos[:, :3] += rng.normal(size=(count, 3))
    qpos[:, 3:7] = rotations.multiply(rotations.from_rotvec(rng.normal(size=(count, 3))), qpos[:, 3:7])
    BODY.couplings.apply(qpos, qvel)
    many = kinematics.landmarks(qpos, qvel)
    for row in range(count):
        alone = kinematics.landmarks(qpos[row : row + 1], qvel[row : row + 1])
        np.testing.assert_allclose(alone.position[0], many.position[row], atol=1e-12)
        np.testing.assert_allclose(alone.velocity[0], many.velocity[row], atol=1e-12)
    assert np.abs(many.velocity).max() > 1.0
