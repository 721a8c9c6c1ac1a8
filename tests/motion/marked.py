"""A built-in walk with markers stuck to its bones, and marker files written of it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import mujoco
import numpy as np

from kinesis.body import Kinematics, load
from kinesis.motion.gait import GaitSpec, Segment, generate

RATE_HZ = 50.0

# Bone, forward, up, right [m] of the right side's markers in the bones' frames.
PLACES = {
    "ASI": ("pelvis", 0.010, 0.005, 0.125),
    "PSI": ("pelvis", -0.155, 0.025, 0.050),
    "THI": ("femur", 0.000, -0.200, 0.100),
    "KNE": ("femur", 0.003, -0.404, 0.055),
    "KNM": ("femur", 0.003, -0.404, -0.055),
    "TIB": ("tibia", 0.005, -0.200, 0.070),
    "ANK": ("tibia", -0.010, -0.395, 0.045),
    "MED": ("tibia", -0.005, -0.395, -0.045),
    "HEE": ("calcn", -0.030, 0.030, 0.000),
    "TOE": ("calcn", 0.185, 0.010, 0.005),
}
JOINTS = {"hip": "femur", "knee": "tibia", "ankle": "talus", "toe": "toes"}
OPENCAP = {
    **{"ASI": "{s}.ASIS_study", "PSI": "{s}.PSIS_study", "KNE": "{s}_knee_study", "KNM": "{s}_mknee_study"},
    **{"ANK": "{s}_ankle_study", "MED": "{s}_mankle_study", "HEE": "{s}_calc_study", "TOE": "{s}_toe_study"},
}

Tracks = dict[str, np.ndarray]


@cache
def walk() -> np.ndarray:
    """qpos (frame, nq) of four seconds of walking."""
    spec = GaitSpec(segments=(Segment(time_s=0.0, mode="walk", forward_mps=1.2),), duration_s=4.0)
    return generate(Kinematics(load("legs80"), threads=1), spec, rate_hz=RATE_HZ, name="walk").qpos


@cache
def _poses() -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
    """Bone to origins (frame, 3) and matrices (frame, 3, 3) of that walk."""
    body = load("legs80")
    data, names = mujoco.MjData(body.model), [body.model.body(i).name for i in range(body.model.nbody)]
    origins, matrices = [], []
    for qpos in walk():
        data.qpos[:] = qpos
        mujoco.mj_kinematics(body.model, data)
        origins.append(data.xpos.copy())
        matrices.append(data.xmat.reshape(-1, 3, 3).copy())
    return {name: (np.array(origins)[:, i], np.array(matrices)[:, i]) for i, name in enumerate(names)}


def plug_in_gait() -> Tracks:
    """Markers by the names of Plug-in Gait, those of CGM2 for the medial ones; metres, z up."""
    tracks = {}
    for marker, (bone, *place) in PLACES.items():
        for side, sign in (("R", 1.0), ("L", -1.0)):
            origin, matrix = _poses()[bone if bone == "pelvis" else f"{bone}_{side.lower()}"]
            tracks[side + marker] = origin + matrix @ (np.array(place) * [1.0, 1.0, sign])
    return tracks


def opencap() -> Tracks:
    """The same markers by OpenCap's names."""
    tracks = plug_in_gait()
    return {
        name.format(s="r" if side == "R" else "L"): tracks[side + marker]
        for marker, name in OPENCAP.items()
        for side in "RL"
    }


def keypoints() -> Tracks:
    """What a video network sees: joint centres, heel and toes."""
    tracks = {}
    for side, sign in (("R", 1.0), ("L", -1.0)):
        for joint, bone in (("Hip", "femur"), ("Knee", "tibia"), ("Ankle", "talus")):
            tracks[side + joint] = _poses()[f"{bone}_{side.lower()}"][0]
        origin, matrix = _poses()[f"calcn_{side.lower()}"]
        for name, place in (
            ("Heel", (0.02, 0.01, -0.02)),
            ("BigToe", (0.23, 0.0, -0.015)),
            ("SmallToe", (0.2, 0, 0.04)),
        ):
            tracks[side + name] = origin + matrix @ (np.array(place) * [1.0, 1.0, sign])
    origin, matrix = _poses()["pelvis"]
    return tracks | {"Neck": origin + matrix @ np.array([-0.088, 0.45, 0.0])}  # of a trunk that is rigid on its pelvis


def joints() -> Tracks:
    """The true joint centres, by the names of `Points`."""
    return {f"{joint}_{side}": _poses()[f"{bone}_{side}"][0] for joint, bone in JOINTS.items() for side in "rl"}


def trc_lines(tracks: Tracks, *, unit: str = "mm", rate_hz: float = RATE_HZ) -> list[str]:
    """A `.trc` file with blanks where a track (frame, 3) [m] is NaN; line 7 is the first frame's."""
    scale = {"mm": 1000.0, "cm": 100.0, "m": 1.0}[unit]
    frames = len(next(iter(tracks.values())))
    axes = [f"{axis}{i}" for i in range(1, len(tracks) + 1) for axis in "XYZ"]
    header = [
        "PathFileType\t4\t(X/Y/Z)\twalk.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate_hz:g}\t{rate_hz:g}\t{frames}\t{len(tracks)}\t{unit}\t{rate_hz:g}\t1\t{frames}",
        "Frame#\tTime\t" + "\t\t\t".join(tracks) + "\t\t",
        "\t\t" + "\t".join(axes),
        "",
    ]
    rows = []
    for frame in range(frames):
        values = np.concatenate([track[frame] for track in tracks.values()]) * scale
        cells = ["" if np.isnan(value) else f"{value:.5f}" for value in values]
        rows.append("\t".join([str(frame + 1), f"{frame / rate_hz:.3f}", *cells]))
    return header + rows


def write_trc(path: Path, tracks: Tracks, **options: object) -> Path:
    """Save `trc_lines`."""
    path.write_text("\n".join(trc_lines(tracks, **options)) + "\n")  # type: ignore[arg-type]
    return path


def write_c3d(path: Path, tracks: Tracks, *, unit: str = "mm", rate_hz: float = RATE_HZ, upward: str = "+Z") -> Path:
    """Save as C3D by `ezc3d`; NaN becomes a negative residual."""
    import ezc3d

    scale = {"mm": 1000.0, "m": 1.0}[unit]
    position = np.stack(list(tracks.values()), axis=1).transpose(2, 1, 0) * scale
    file = ezc3d.c3d()
    point = file["parameters"]["POINT"]
    point["UNITS"]["value"], point["RATE"]["value"] = [unit], [rate_hz]
    point["LABELS"]["value"] = list(tracks)
    file.add_parameter("POINT", "Y_SCREEN", [upward])
    file["data"]["points"] = np.concatenate([position, np.ones((1, *position.shape[1:]))])
    file.write(str(path))
    return path
