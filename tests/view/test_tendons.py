import mujoco
import numpy as np
import pytest

from kinesis.body import load
from kinesis.view.tendons import Site, muscle_routes, walk_through


@pytest.fixture(scope="module")
def poses(body) -> np.ndarray:
    rng = np.random.default_rng(1)
    qpos = np.repeat(body.standing_qpos()[None], 40, 0)
    qpos[:, body.joint_qpos] = rng.uniform(*(0.6 * body.joint_range.T), (40, len(body.joints)))
    body.couplings.apply(qpos)
    return qpos


def arc(touch: np.ndarray, ball: bool) -> float:
    """Length of the way around a surface between two points (2, 3) in its own frame."""
    if ball:
        radius = np.linalg.norm(touch, axis=1).mean()
        return radius * np.arccos(np.clip(touch[0] @ touch[1] / radius**2, -1, 1))
    flat = touch[:, :2]
    radius = np.linalg.norm(flat, axis=1).mean()
    angle = np.arccos(np.clip(flat[0] @ flat[1] / radius**2, -1, 1))
    return np.hypot(radius * angle, touch[1, 2] - touch[0, 2])


def test_paths_are_as_long_as_the_engine_says(body, poses):
    model, data = body.model, mujoco.MjData(body.model)
    routes = muscle_routes(body)
    walked = walk_through(body, routes, poses)
    wrapped = 0
    for qpos, touches in zip(poses, walked.touches, strict=True):
        data.qpos[:] = qpos
        mujoco.mj_fwdPosition(model, data)
        for muscle, path in enumerate(routes.paths):
            points, length = [], 0.0
            for step in path:
                if isinstance(step, Site):
                    points.append(data.xmat[step.body].reshape(3, 3) @ step.position + data.xpos[step.body])
                elif not np.isnan(touches[step, 0, 0]):
                    geom = routes.wraps[step].geom
                    ball = model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_SPHERE
                    places = touches[step] @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom]
                    length += arc(touches[step], ball) - np.linalg.norm(places[1] - places[0])
                    points.extend(places)
                    wrapped += 1
            length += np.linalg.norm(np.diff(points, axis=0), axis=1).sum()
            assert length == pytest.approx(data.actuator_length[muscle], abs=1e-6), body.actuators[muscle]
    assert wrapped > 400


def test_landmarks_are_the_engines(body, poses):
    data = mujoco.MjData(body.model)
    data.qpos[:] = poses[7]
    mujoco.mj_kinematics(body.model, data)
    assert np.allclose(walk_through(body, muscle_routes(body), poses).landmarks[7], data.xpos[body.landmark_ids])


def test_a_body_without_muscles_has_no_paths():
    torques = load("legs80_torque")
    routes = muscle_routes(torques)
    assert routes.paths == []
    assert walk_through(torques, routes, torques.standing_qpos()[None]).touches.shape == (1, 0, 2, 3)
