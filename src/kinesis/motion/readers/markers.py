"""Markers: from what is taped on the skin, or found in video, to joint centres."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from kinesis.motion.readers.marker_names import Roles

HIP_BACK, HIP_DOWN, HIP_OUT = (0.24, 0.0099), (0.30, 0.0109), (0.33, 0.0073)
"""Hip centre from the middle of the ASIS, share of pelvis depth or width and metres: Harrington (2007), table 3."""

KNEE_SHARE, ANKLE_SHARE = 0.136, 0.114
"""Half the breadth of a joint with its marker over the length of the segment above: markers on the generic adult
of Rajagopal (2016) as OpenCap places them, 55 of 404 mm and 46 of 400 mm."""

BALL_SHARE = 0.82
"""Ball of the foot along the way from the heel keypoint to the middle of the toes', on the same adult."""

SPINE_BACK_DEG, SPINE_SHARE = 10.4, 0.8
"""Direction and distance of `spine` from the middle of the hips, backward from the normal of the plane of the iliac
spines and in widths of the pelvis: that plane slopes by 4.7° in that adult's neutral posture, and the first spinal
joint of the skeleton of SMPL, which other formats give, stands 5.7° behind the hips and 0.2 m above."""

_WAND_DEG, _WAND_SHARE = 45.0, 0.05
_AT_KNEE = ("knee_centre", "knee_lateral", "knee_medial")


class Pelvis(NamedTuple):
    """front, back: middle of the ASIS and of the PSIS. right, forward, up: unit vectors; all (frame, 3)."""

    front: np.ndarray
    back: np.ndarray
    right: np.ndarray
    forward: np.ndarray
    up: np.ndarray


def joint_centres(roles: Roles, unit_m: float) -> Mapping[str, np.ndarray]:
    """Canonical points (see `Points`), each (frame, 3), as many as the markers give.

    roles: positions by role, NaN where not seen. unit_m: metres in a unit of theirs. Video keypoints, which are
    joint centres by themselves, serve where a side has no hip by markers.
    """
    points: dict[str, np.ndarray] = {}
    pelvis = _pelvis(roles)
    hips = _hips(roles, pelvis, unit_m)
    for side in "rl":
        points |= _marked_leg(roles, hips, side) if f"hip_{side}" in hips else _seen_leg(roles, side)
    return points | _trunk(roles, hips, pelvis)


def _pelvis(roles: Roles) -> Pelvis | None:
    """The pelvis by its iliac spines; None without them.

    Which side of them is up is told by the knees, so that a left-handed recording keeps its shape.
    """
    back = _back_of_pelvis(roles)
    if back is None or not {"asis_r", "asis_l"} <= roles.keys():
        return None
    front = 0.5 * (roles["asis_r"] + roles["asis_l"])
    right = _unit(roles["asis_r"] - roles["asis_l"])
    forward = _unit(_across(front - back, right))
    up = np.cross(right, forward)
    knees = [position for role, position in roles.items() if role[:-2] in _AT_KNEE]
    above_knees = front - sum(knees) / len(knees) if knees else up
    up *= 1.0 if _median((up * above_knees).sum(-1)) > 0.0 else -1.0
    return Pelvis(front, back, right, forward, up)


def _hips(roles: Roles, pelvis: Pelvis | None, unit_m: float) -> dict[str, np.ndarray]:
    """hip_r and hip_l: virtual centres as given, else by the regression of Harrington (2007)."""
    given = {f"hip_{side}": roles[f"hip_centre_{side}"] for side in "rl" if f"hip_centre_{side}" in roles}
    if len(given) == 2 or pelvis is None:
        return given
    depth, width = _typical(pelvis.front - pelvis.back), _typical(roles["asis_r"] - roles["asis_l"])
    behind, below, beside = (
        share * length + metres / unit_m
        for (share, metres), length in zip((HIP_BACK, HIP_DOWN, HIP_OUT), (depth, width, width), strict=True)
    )
    centre = pelvis.front - behind * pelvis.forward - below * pelvis.up
    return {"hip_r": centre + beside * pelvis.right, "hip_l": centre - beside * pelvis.right} | given


def _back_of_pelvis(roles: Roles) -> np.ndarray | None:
    """Middle of the PSIS, or the sacrum's marker, which lies there."""
    if {"psis_r", "psis_l"} <= roles.keys():
        return 0.5 * (roles["psis_r"] + roles["psis_l"])
    return roles.get("sacrum")


def _marked_leg(roles: Roles, hips: Mapping[str, np.ndarray], side: str) -> dict[str, np.ndarray]:
    """One leg from skin markers: centres between medial and lateral, or beside the lateral alone (Davis 1991)."""
    of = {role.removesuffix(f"_{side}"): position for role, position in roles.items() if role.endswith(f"_{side}")}
    leg = {"hip": hips[f"hip_{side}"]}
    inward = _inward(roles, hips, side)
    knee = _centre(of, "knee", leg["hip"], _wand(of, "thigh", "knee", leg["hip"], inward), KNEE_SHARE)
    if knee is not None:
        leg["knee"] = knee
        hinge = knee - of["knee_lateral"] if "knee_lateral" in of else inward
        ankle = _centre(of, "ankle", knee, _wand(of, "shank", "ankle", knee, hinge), ANKLE_SHARE)
        leg |= {} if ankle is None else {"ankle": ankle}
    leg |= {name: of[name] for name in ("knee_lateral", "heel", "toe") if name in of}
    if "toe" not in leg and {"toe_inner", "toe_outer"} <= of.keys():
        leg["toe"] = 0.5 * (of["toe_inner"] + of["toe_outer"])
    return {f"{name}_{side}": position for name, position in leg.items()}


def _centre(of: Roles, joint: str, above: np.ndarray, inward: np.ndarray | None, share: float) -> np.ndarray | None:
    """Centre (frame, 3) of a knee or ankle; above: the centre of the joint above it. None without its markers.

    From the lateral marker alone: half the joint's breadth inward from it, where the lines to the joint above
    and to the marker meet at a right angle (the chord function of Davis 1991).
    """
    if f"{joint}_centre" in of:
        return of[f"{joint}_centre"]
    lateral, medial = of.get(f"{joint}_lateral"), of.get(f"{joint}_medial")
    if lateral is None or (medial is None and inward is None):
        return None
    if medial is not None:
        return 0.5 * (lateral + medial)
    along = _unit(lateral - above)
    side = _unit(_across(inward, along))  # type: ignore[arg-type]
    breadth = share * _typical(lateral - above)
    return lateral + breadth * (np.sqrt(1.0 - share**2) * side - share * along)


def _inward(roles: Roles, hips: Mapping[str, np.ndarray], side: str) -> np.ndarray | None:
    """(frame, 3) from this side of the pelvis to the other."""
    sign = 1.0 if side == "l" else -1.0
    for pair in (roles.get("asis_r"), roles.get("asis_l")), (hips.get("hip_r"), hips.get("hip_l")):
        if pair[0] is not None and pair[1] is not None:
            return sign * (pair[0] - pair[1])
    return None


def _wand(of: Roles, wand: str, joint: str, above: np.ndarray, inward: np.ndarray | None) -> np.ndarray | None:
    """(frame, 3) inward by the marker on a thigh or shank, which tells its rotation; else `inward` itself.

    The marker is believed where it stands off the line through the joint above and the lateral marker, and
    to the side that `inward` says.
    """
    lateral = of.get(f"{joint}_lateral")
    if wand not in of or lateral is None or inward is None:
        return inward
    line = lateral - above
    off = _across(above - of[wand], _unit(line))
    cosine = _median((_unit(off) * _unit(_across(inward, _unit(line)))).sum(-1))
    stands_off = _typical(off) > _WAND_SHARE * _typical(line)
    return off if stands_off and cosine > np.cos(np.deg2rad(_WAND_DEG)) else inward


def _seen_leg(roles: Roles, side: str) -> dict[str, np.ndarray]:
    """One leg from video keypoints."""
    leg = {
        f"{joint}_{side}": roles[f"{joint}_keypoint_{side}"]
        for joint in ("hip", "knee", "ankle", "heel")
        if f"{joint}_keypoint_{side}" in roles
    }
    toes = [roles[role] for role in (f"big_toe_keypoint_{side}", f"small_toe_keypoint_{side}") if role in roles]
    if toes and f"heel_{side}" in leg:
        heel = leg[f"heel_{side}"]
        leg[f"toe_{side}"] = heel + BALL_SHARE * (sum(toes) / len(toes) - heel)
    return leg


def _trunk(roles: Roles, hips: Mapping[str, np.ndarray], pelvis: Pelvis | None) -> dict[str, np.ndarray]:
    """Middle of the iliac spines, a point of the spine above the hips, base of the neck, middle of the head."""
    points = {}
    if pelvis is not None:
        points["pelvis"] = 0.5 * (pelvis.front + pelvis.back)
        lean, reach = np.deg2rad(SPINE_BACK_DEG), SPINE_SHARE * _typical(roles["asis_r"] - roles["asis_l"])
        direction = np.cos(lean) * pelvis.up - np.sin(lean) * pelvis.forward
        points["spine"] = 0.5 * (hips["hip_r"] + hips["hip_l"]) + reach * direction
    if "neck_keypoint" in roles:
        points["neck"] = roles["neck_keypoint"]
    elif {"back_of_neck", "front_of_neck"} <= roles.keys():
        points["neck"] = 0.5 * (roles["back_of_neck"] + roles["front_of_neck"])
    head = [f"head_{end}_{side}" for end in ("front", "back") for side in "rl"]
    if set(head) <= roles.keys():
        points["head"] = sum(roles[role] for role in head) / len(head)
    return points


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (frame, 3) of length one; NaN for those without a length."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(length > 0.0, length, np.nan)


def _across(vectors: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """The part of vectors (frame, 3) that is perpendicular to unit vectors (frame, 3)."""
    return vectors - (vectors * axis).sum(-1, keepdims=True) * axis


def _typical(vectors: np.ndarray) -> float:
    """Median length of vectors (frame, 3) over the frames in which they are known."""
    return _median(np.linalg.norm(vectors, axis=-1))


def _median(values: np.ndarray) -> float:
    """Median of values (frame,) that are known, NaN where none is."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else np.nan
