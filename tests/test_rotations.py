"""Rotations obey the laws of a group and agree with an independent library, in numpy and in torch."""

from itertools import permutations
from math import pi

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from kinesis import rotations as rot
from kinesis.errors import KinesisError

Floats = NDArray[np.float64]
BATCH = 5
IDENTITY = np.array([1.0, 0.0, 0.0, 0.0])


def numbers(*shape: int, limit: float = 10.0) -> st.SearchStrategy[Floats]:
    return arrays(np.float64, shape, elements=st.floats(-limit, limit))


def quaternions() -> st.SearchStrategy[Floats]:
    raw = numbers(BATCH, 4, limit=1.0).filter(lambda q: bool(np.all(np.linalg.norm(q, axis=-1) > 0.1)))
    return raw.map(rot.normalize)


def same_rotation(p: Floats, q: Floats) -> None:
    np.testing.assert_allclose(np.abs(np.sum(p * q, axis=-1)), 1.0, atol=1e-9)


def as_scipy(q: Floats) -> Rotation:
    return Rotation.from_quat(q, scalar_first=True)


@given(quaternions(), quaternions(), quaternions())
def test_product_is_associative_with_conjugate_as_inverse(p: Floats, q: Floats, r: Floats) -> None:
    left, right = rot.multiply(rot.multiply(p, q), r), rot.multiply(p, rot.multiply(q, r))
    np.testing.assert_allclose(left, right, atol=1e-12)
    np.testing.assert_allclose(rot.multiply(q, rot.conjugate(q)), np.tile(IDENTITY, (BATCH, 1)), atol=1e-12)


@given(quaternions(), quaternions(), numbers(BATCH, 3))
def test_product_rotates_by_the_right_factor_first(p: Floats, q: Floats, v: Floats) -> None:
    np.testing.assert_allclose(rot.rotate(rot.multiply(p, q), v), rot.rotate(p, rot.rotate(q, v)), atol=1e-10)


@given(quaternions(), numbers(BATCH, 3), numbers(BATCH, 3))
def test_rotation_keeps_inner_products_and_handedness(q: Floats, u: Floats, v: Floats) -> None:
    turned_u, turned_v = rot.rotate(q, u), rot.rotate(q, v)
    np.testing.assert_allclose((turned_u * turned_v).sum(-1), (u * v).sum(-1), atol=1e-9)
    np.testing.assert_allclose(np.cross(turned_u, turned_v), rot.rotate(q, np.cross(u, v)), atol=1e-9)


@given(quaternions(), numbers(BATCH, 3))
def test_matrix_rotates_as_its_quaternion_does(q: Floats, v: Floats) -> None:
    matrix = rot.to_matrix(q)
    np.testing.assert_allclose(np.einsum("nij,nj->ni", matrix, v), rot.rotate(q, v), atol=1e-10)
    np.testing.assert_allclose(matrix, as_scipy(q).as_matrix(), atol=1e-12)


@given(quaternions())
def test_matrix_round_trip(q: Floats) -> None:
    back = rot.from_matrix(rot.to_matrix(q))
    same_rotation(back, q)
    assert np.all(back[:, 0] >= 0)


@pytest.mark.parametrize("axis", np.eye(3))
@pytest.mark.parametrize("angle", [0.0, 1e-9, pi / 2, pi - 1e-9, pi])
def test_matrix_round_trip_at_the_edges(axis: Floats, angle: float) -> None:
    q = rot.from_axis_angle(axis, np.array(angle))
    same_rotation(rot.from_matrix(rot.to_matrix(q)), q)


def test_sixd_is_the_first_two_columns() -> None:
    np.testing.assert_array_equal(rot.sixd(np.arange(9.0).reshape(1, 3, 3)), [[0, 3, 6, 1, 4, 7]])


@given(quaternions())
def test_rotation_vector_round_trip_takes_the_short_way(q: Floats) -> None:
    vector = rot.to_rotvec(q)
    same_rotation(rot.from_rotvec(vector), q)
    assert np.all(np.linalg.norm(vector, axis=-1) <= pi + 1e-12)


@given(st.floats(0, pi - 1e-6), st.sampled_from([0.0, 1e-300, 1e-160, 1e-9, 1.0]))
def test_rotation_vector_is_axis_times_angle_down_to_nothing(angle: float, scale: float) -> None:
    vector = np.array([0.36, 0.48, -0.8]) * angle * scale
    np.testing.assert_allclose(rot.to_rotvec(rot.from_rotvec(vector)), vector, rtol=1e-7, atol=1e-15)


@given(st.sampled_from(["".join(s) for s in permutations("XYZ")]), numbers(BATCH, 3, limit=pi))
def test_euler_angles_agree_with_scipy(sequence: str, angles: Floats) -> None:
    same_rotation(rot.from_euler(sequence, angles), Rotation.from_euler(sequence, angles).as_quat(scalar_first=True))


@given(st.sampled_from(["".join(s) for s in permutations("XYZ")]), numbers(2, BATCH, 3, limit=1.5))
def test_euler_round_trip(sequence: str, angles: Floats) -> None:
    np.testing.assert_allclose(rot.to_euler(sequence, rot.from_euler(sequence, angles)), angles, atol=1e-9)


@pytest.mark.parametrize("sequence", ["", "XY", "zxy", "ABC"])
def test_euler_sequence_must_fit_the_angles(sequence: str) -> None:
    with pytest.raises(KinesisError, match="one of the letters"):
        rot.from_euler(sequence, np.zeros((2, 3)))


@given(st.floats(-3.1, 3.1), st.floats(-1.2, 1.2), st.floats(-3.1, 3.1))
def test_heading_ignores_pitch_and_roll_about_the_forward_axis(yaw: float, pitch: float, roll: float) -> None:
    q = rot.from_euler("ZYX", np.array([yaw, pitch, roll]))
    np.testing.assert_allclose(rot.heading(q), yaw, atol=1e-9)


@given(st.floats(-3.1, 3.1), quaternions())
def test_heading_adds_up_about_the_vertical(yaw: float, q: Floats) -> None:
    forward = (0.0, -1.0, 0.0)
    turned = rot.heading(rot.multiply(rot.from_heading(np.array(yaw)), q), forward)
    ahead = rot.rotate(q, np.array(forward))
    level = np.linalg.norm(ahead[:, :2], axis=-1) > 1e-3
    difference = np.exp(1j * turned) - np.exp(1j * (rot.heading(q, forward) + yaw))
    np.testing.assert_allclose(np.abs(difference[level]), 0, atol=1e-9)


@given(quaternions(), quaternions(), st.floats(0, 1))
def test_slerp_runs_at_constant_rate_between_its_ends(p: Floats, q: Floats, fraction: float) -> None:
    at = np.array(fraction)
    same_rotation(rot.slerp(p, q, np.array(0.0)), p)
    same_rotation(rot.slerp(p, q, np.array(1.0)), q)
    gone = np.linalg.norm(rot.to_rotvec(rot.multiply(rot.slerp(p, q, at), rot.conjugate(p))), axis=-1)
    whole = np.linalg.norm(rot.to_rotvec(rot.multiply(q, rot.conjugate(p))), axis=-1)
    np.testing.assert_allclose(gone, fraction * whole, atol=1e-7)


@given(quaternions(), numbers(BATCH, 3, limit=0.05), st.floats(0, 1))
def test_nlerp_is_slerp_for_neighbouring_frames_of_either_sign(p: Floats, turn: Floats, fraction: float) -> None:
    q, at = -rot.multiply(rot.from_rotvec(turn), p), np.array(fraction)
    np.testing.assert_allclose(rot.nlerp(p, q, at), rot.slerp(p, q, at), atol=1e-5)


@given(quaternions(), numbers(BATCH, 3, limit=4.0))
def test_angular_velocity_of_a_constant_spin_is_exact(start: Floats, omega_w: Floats) -> None:
    step_s, frames = 0.05, 6
    time_s = step_s * np.arange(frames)[:, None]
    q = rot.multiply(rot.from_rotvec(omega_w[:, None] * time_s), start[:, None])
    want = np.repeat(omega_w[:, None], frames, axis=1)
    np.testing.assert_allclose(rot.angular_velocity(q, step_s, frame="world"), want, atol=1e-9)
    in_body = rot.rotate(rot.conjugate(q), want)
    np.testing.assert_allclose(rot.angular_velocity(q, step_s, frame="body"), in_body, atol=1e-9)


def test_angular_velocity_refuses_a_single_frame() -> None:
    with pytest.raises(KinesisError, match="got 1 frames, expected 2 or more"):
        rot.angular_velocity(IDENTITY[None], 0.01, frame="world")


@given(quaternions(), quaternions(), numbers(BATCH, 3))
def test_torch_gives_what_numpy_gives(p: Floats, q: Floats, v: Floats) -> None:
    half = np.full(BATCH, 0.5)
    for function, arguments in (
        (rot.multiply, (p, q)),
        (rot.rotate, (q, v)),
        (rot.to_matrix, (q,)),
        (lambda a: rot.sixd(rot.to_matrix(a)), (q,)),
        (lambda a: rot.from_matrix(rot.to_matrix(a)), (q,)),
        (rot.from_rotvec, (v,)),
        (rot.to_rotvec, (q,)),
        (lambda a: rot.from_euler("ZXY", a), (v,)),
        (rot.heading, (q,)),
        (rot.from_heading, (v[:, 0],)),
        (rot.slerp, (p, q, half)),
        (rot.nlerp, (p, rot.multiply(p, rot.from_rotvec(0.01 * v)), half)),
        (lambda a: rot.angular_velocity(a, 0.1, frame="body"), (q,)),
    ):
        want = function(*arguments)
        got = function(*(torch.from_numpy(a) for a in arguments))
        assert isinstance(got, torch.Tensor)
        np.testing.assert_allclose(got.numpy(), want, atol=1e-8)


def test_single_precision_stays_single() -> None:
    q = torch.tensor([[0.5, 0.5, 0.5, 0.5]])
    results = [rot.to_matrix(q), rot.from_matrix(rot.to_matrix(q)), rot.to_rotvec(q), rot.heading(q)]
    assert {result.dtype for result in results} == {torch.float32}
