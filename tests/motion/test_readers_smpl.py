"""SMPL poses of AMASS and of pickles are read; no pickle runs anything."""

import contextlib
import io
import itertools
import os
import pickle
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinesis.body import Kinematics, load
from kinesis.errors import KinesisError
from kinesis.motion.clip import Clip
from kinesis.motion.fit.sound import made_sound
from kinesis.motion.gait import GaitSpec, Segment, generate
from kinesis.motion.points import LEG_POINTS, Points
from kinesis.motion.readers import Refused, read_motions
from kinesis.motion.readers.safe_pickle import load_pickled
from kinesis.motion.readers.smpl import read_smpl
from kinesis.motion.readers.smpl_skeleton import JOINTS, NEUTRAL, neutral_offsets

from .writers import recorded, smpl_poses, write_amass

PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)


@cache
def walking() -> Clip:
    spec = GaitSpec(segments=(Segment(time_s=0.0, mode="walk", forward_mps=1.2),), duration_s=2.0)
    return generate(Kinematics(load("legs80"), threads=1), spec, rate_hz=50.0, name="walk")


@cache
def entry() -> dict[str, Any]:
    """A motion as in KINESIS' dictionary."""
    poses, translation = smpl_poses(walking())
    flat = np.concatenate([poses.reshape(len(poses), -1), np.zeros((len(poses), 6))], axis=1)
    return {"pose_aa": flat, "trans_orig": translation, "fps": 50, "gender": "neutral", "beta": np.zeros(10)}


def assert_walks(points: Points) -> None:
    """The bones point where the clip's do, on legs of the mean adult."""
    assert points.unit_m == 1.0
    places = recorded(walking()).places
    for side in "rl":
        for upper, lower in itertools.pairwise(LEG_POINTS):
            seen = points.of(f"{lower}_{side}") - points.of(f"{upper}_{side}")
            true = places[f"{lower}_{side}"] - places[f"{upper}_{side}"]
            np.testing.assert_allclose(unit(seen), unit(true), atol=1e-6)
            assert np.linalg.norm(seen, axis=-1) == pytest.approx(np.linalg.norm(NEUTRAL[f"{lower}_l"]), abs=1e-9)
        aside = points.of(f"knee_lateral_{side}") - points.of(f"knee_{side}")
        across = (points.of("hip_r") - points.of("hip_l")) * (1.0 if side == "r" else -1.0)
        assert (unit(aside) * unit(across)).sum(-1).mean() > 0.9


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector, axis=-1, keepdims=True)


@pytest.mark.parametrize("smplx", [False, True])
def test_amass_is_read_in_both_namings(tmp_path: Path, smplx: bool) -> None:
    (points,) = read_motions(write_amass(walking(), tmp_path / "walk_poses.npz", smplx=smplx))
    assert isinstance(points, Points)
    assert points.rate_hz == 50.0
    assert points.name == "walk_poses"
    assert points.labels["legs"] == "of the mean adult"
    assert_walks(points)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_motion_of_a_pickled_dictionary_is_read(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "motions.pkl"
    path.write_bytes(pickle.dumps({"0-KIT_3_walk": entry(), "0-KIT_4_walk": entry()}, protocol))
    found = read_motions(path)
    assert [points.name for points in found] == ["0-KIT_3_walk", "0-KIT_4_walk"]
    for points in found:
        assert isinstance(points, Points)
        assert_walks(points)


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("packed", ["", "zlib", "gzip"])
def test_joblib_files_are_read(tmp_path: Path, packed: str, aligned: bool) -> None:
    content = joblib_dump({"one": entry() | {"fortran": np.asfortranarray(np.ones((3, 4)))}}, aligned=aligned)
    if packed:
        packing = zlib.compressobj(wbits=31 if packed == "gzip" else 15)
        content = packing.compress(content) + packing.flush()
    path = tmp_path / "motions.pkl"
    path.write_bytes(content)
    (points,) = read_motions(path)
    assert isinstance(points, Points)
    assert_walks(points)


class NumpyArrayWrapper:
    """Named like joblib's in the files of this test."""

    __module__ = "joblib.numpy_pickle"


def joblib_dump(content: object, *, aligned: bool) -> bytes:
    """As joblib writes: a pickle in which an array's bytes follow its announcement."""

    class Pickler(pickle._Pickler):  # type: ignore[name-defined, misc]
        def save(self, obj: Any, *rest: Any, **more: Any) -> None:
            if not isinstance(obj, np.ndarray):
                super().save(obj, *rest, **more)
                return
            self.write(b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81")
            order = "F" if obj.flags.f_contiguous and not obj.flags.c_contiguous else "C"
            state = {"subclass": np.ndarray, "shape": obj.shape, "order": order, "dtype": obj.dtype, "allow_mmap": True}
            super().save(state | ({"numpy_array_alignment_bytes": 16} if aligned else {}))
            self.write(b"b")
            if aligned:
                padding = 16 - (buffer.tell() + 1) % 16
                self.write(bytes([padding]) + b"\xff" * padding)
            self.write(obj.tobytes(order))

    buffer = io.BytesIO()
    Pickler(buffer, 3).dump(content)
    return buffer.getvalue()


def test_a_motion_that_is_not_sound_does_not_stop_the_others(tmp_path: Path) -> None:
    bad = entry() | {"trans_orig": entry()["trans_orig"][:5]}
    path = tmp_path / "motions.pkl"
    path.write_bytes(pickle.dumps({"good": entry(), "bad": bad, "worse": 3, "slow": entry() | {"fps": 0}}))
    good, *refused = read_motions(path)
    assert isinstance(good, Points)
    assert [type(one) for one in refused] == [Refused] * 3
    assert "translation does not fit" in str(refused[0].error)
    assert "bad" in str(refused[0].error)


def test_betas_give_the_legs_their_length_where_the_model_files_are(tmp_path: Path) -> None:
    folder = tmp_path / "smplh" / "female"
    folder.mkdir(parents=True)
    place = np.zeros((22, 3))
    for name, offset in neutral_offsets().items():
        parents = {"hip": 0, "spi": 0, "kne": 1, "ank": 4, "toe": 7}
        up = (
            JOINTS.index(name) - 3
            if name[:3] in ("kne", "ank", "toe")
            else parents.get(name[:3], JOINTS.index(name) - 3)
        )
        place[JOINTS.index(name)] = place[max(up, 0)] + offset
    np.savez(folder / "model.npz", v_template=place, shapedirs=0.1 * place[..., None], J_regressor=np.eye(22))
    path = write_amass(walking(), tmp_path / "walk.npz")
    with np.load(path) as plain:
        np.savez(path, **{**plain, "betas": np.r_[1.0, np.zeros(15)], "gender": np.array("female")})
    (points,) = read_smpl(path, models=tmp_path)
    (male,) = read_smpl(write_amass(walking(), tmp_path / "male.npz"), models=tmp_path)
    thigh = np.linalg.norm(points.of("hip_r") - points.of("knee_r"), axis=-1)
    assert thigh == pytest.approx(1.1 * np.linalg.norm(NEUTRAL["knee_l"]), abs=1e-9)
    assert points.labels["legs"] == "of the person's shape"
    assert male.labels["legs"] == "of the mean adult"


def npz(path: Path, **changes: Any) -> Path:
    """A sound file with arrays changed, or left out where None."""
    with np.load(write_amass(walking(), path)) as plain:
        arrays = {**plain, **changes}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


POSES = entry()["pose_aa"][:, :66]
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no rate": ({"mocap_framerate": None}, "there is no mocap_framerate"),
    "rate of nothing": ({"mocap_framerate": np.array(0.0)}, "not a rate"),
    "rate not a number": ({"mocap_framerate": np.array(np.nan)}, "not a rate"),
    "rate in words": ({"mocap_framerate": np.array("fast")}, "not an array of numbers"),
    "one frame": ({"poses": POSES[:1], "trans": np.zeros((1, 3))}, "too few frames"),
    "no frames": ({"poses": POSES[:0], "trans": np.zeros((0, 3))}, "too few frames"),
    "ten hours": ({"mocap_framerate": np.array(0.001)}, "too long"),
    "lengths differ": ({"trans": np.zeros((5, 3))}, "does not fit"),
    "too narrow": ({"poses": POSES[:, :60]}, "not the poses of SMPL"),
    "not a table": ({"poses": np.array(3.0)}, "not the poses of SMPL"),
    "nan": ({"poses": np.where(np.arange(66) == 7, np.nan, POSES)}, "no number of a recording"),
    "infinite way": ({"trans": np.full((len(POSES), 3), np.inf)}, "no number of a recording"),
    "complex": ({"poses": POSES * 1j}, "not an array of numbers"),
    "objects": ({"poses": np.array([{"a": 1}], dtype=object)}, "not an array of numbers"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_in_a_sentence(tmp_path: Path, fault: str) -> None:
    changes, said = FAULTS[fault]
    with pytest.raises(KinesisError, match=said):
        read_smpl(npz(tmp_path / "walk.npz", **changes))


def test_another_axis_upward_is_seen(tmp_path: Path) -> None:
    with np.load(write_amass(walking(), tmp_path / "a.npz")) as plain:
        poses, way = plain["poses"].copy(), plain["trans"]
    turn = Rotation.from_euler("X", -90.0, degrees=True)
    poses[:, :3] = (turn * Rotation.from_rotvec(poses[:, :3])).as_rotvec()
    turned, mirrored = made_sound(read_smpl(npz(tmp_path / "a.npz", poses=poses, trans=turn.apply(way)))[0])
    straight, _ = made_sound(read_smpl(write_amass(walking(), tmp_path / "a.npz"))[0])
    assert not mirrored
    np.testing.assert_allclose(turned.of("toe_l")[:, 2], straight.of("toe_l")[:, 2], atol=1e-9)


class Runs:
    """Would call something when it is unpickled."""

    def __init__(self, call: Any, *args: Any) -> None:
        self.call, self.args = call, args

    def __reduce__(self) -> tuple:
        return self.call, self.args


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("place", ["pickle", "joblib", "npz", "compressed"])
def test_a_pickle_that_would_run_something_is_refused_and_does_not_run(
    tmp_path: Path, protocol: int, place: str
) -> None:
    trace = tmp_path / "ran"
    evil = {"walk": entry() | {"fps": Runs(os.mkdir, str(trace))}}
    path = tmp_path / ("motions.npz" if place == "npz" else "motions.pkl")
    if place == "npz":
        npz(path, trans=np.array([Runs(os.mkdir, str(trace))], dtype=object))
    elif place == "joblib":
        path.write_bytes(joblib_dump(evil, aligned=True))
    else:
        content = pickle.dumps(evil, protocol)
        path.write_bytes(zlib.compress(content) if place == "compressed" else content)
    with pytest.raises(KinesisError, match=r"asks for more than numbers; got (posix|nt)\.mkdir"):
        read_motions(path)
    assert not trace.exists()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        (b"builtins\neval", b"V1\n"),
        (b"builtins\ngetattr", b"V1\n"),
        (b"numpy\nload", b"V/etc/passwd\n"),
        (b"os\nsystem", b"Vtrue\n"),
        (b"kinesis.motion.readers.safe_pickle\nload_pickle", b"V/etc/passwd\n"),
        (b"numpy.core.multiarray\n__dict__", b"V1\n"),
        (b"joblib.numpy_pickle\nNumpyArrayWrapper.array", b"V1\n"),
    ],
)
def test_no_name_but_those_of_arrays_is_looked_up(name: bytes, arguments: bytes) -> None:
    with pytest.raises(KinesisError):
        load_pickled(b"\x80\x02c" + name + b"\n(" + arguments + b"tR.", "there")


BOMBS = {
    "a state for a function": b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n}X\x01\x00\x00\x00aK\x01sb.",
    "an array of 10^18": b"\x80\x02cnumpy\ndtype\nX\x02\x00\x00\x00f8\x85R0cnumpy.core.multiarray\n_reconstruct\n)R"
    b"(K\x01\x8a\x08\x00\x00\x64\xa7\xb3\xb6\xe0\x0d\x85cnumpy\ndtype\nX\x02\x00\x00\x00f8\x85R\x89C\x00tb.",
    "words of a gigabyte": b"\x80\x02cnumpy\ndtype\nX\x0b\x00\x00\x00S1000000000\x85R.",
    "a key as deep as the sea": b"\x80\x02})" + b"\x85" * 200_000 + b"K\x01s.",
    "the class of arrays called": b"\x80\x02cnumpy\nndarray\n\x8a\x05\x00\x00\x00\x00\x01\x85R.",
    "a set": b"\x80\x04\x8f.",
    "nothing": b"",
    "no end": b"\x80\x04]",
    "an extension": b"\x80\x02\x82\x01.",
    "from elsewhere": b"\x80\x02K\x01Q.",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_instructions_that_would_fill_or_end_the_process_are_refused(bomb: str) -> None:
    with pytest.raises(KinesisError):
        load_pickled(BOMBS[bomb], "there")


def test_what_grows_without_end_when_unpacked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinesis.motion.readers.safe_pickle.LARGEST_BYTES", 1_000_000)
    with pytest.raises(KinesisError, match="too large once it is unpacked"):
        load_pickled(zlib.compress(b"\0" * 10_000_000), "there")


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@given(content=plain, protocol=st.sampled_from(PROTOCOLS))
def test_plain_objects_come_back_as_they_were(content: object, protocol: int) -> None:
    assert load_pickled(pickle.dumps(content, protocol), "there") == content


@given(
    shape=st.lists(st.integers(0, 4), max_size=3),
    kind=st.sampled_from(["<f8", ">f4", "<i2", "|b1", "<U3", "|S2", "|u1"]),
    order=st.sampled_from("CF"),
    protocol=st.sampled_from(PROTOCOLS),
)
def test_arrays_come_back_as_they_were(shape: list[int], kind: str, order: str, protocol: int) -> None:
    array = np.asarray(np.arange(int(np.prod(shape))).reshape(shape), order=order).astype(kind)  # type: ignore[call-overload]
    loaded = load_pickled(pickle.dumps({"a": array, "n": array.flat[0] if array.size else 0}, protocol), "there")
    np.testing.assert_array_equal(loaded["a"], array)
    assert loaded["a"].shape == array.shape


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(data=st.data())
def test_a_damaged_pickle_gives_an_object_or_a_sentence(data: st.DataObject) -> None:
    small = {
        "walk": {"pose_aa": np.zeros((3, 2)), "trans": np.zeros((2, 3)), "fps": np.float64(30), "w": ["a", (1, None)]}
    }
    content = bytearray(pickle.dumps(small, data.draw(st.sampled_from(PROTOCOLS))))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[at] = data.draw(st.integers(0, 255))
        else:
            content[at : at + 4] = data.draw(st.binary(max_size=8))
        content = content or bytearray(b".")
    with contextlib.suppress(KinesisError):
        load_pickled(bytes(content), "there")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.data())
def test_a_damaged_archive_gives_points_or_a_sentence(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "walk.npz"
    poses, way = np.zeros((4, 66)), np.zeros((4, 3))
    np.savez(path, poses=poses, trans=way, mocap_framerate=np.array(30.0))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[at] = data.draw(st.integers(0, 255))
        else:
            del content[at : at + data.draw(st.integers(1, 300))]
        content = content or bytearray(b".")
    path.write_bytes(content)
    with contextlib.suppress(KinesisError):
        read_smpl(path)
