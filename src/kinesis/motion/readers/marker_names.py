"""Marker names: what the common marker sets call the places that joint centres are found from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

SIDED: Mapping[str, tuple[str, ...]] = {
    "asis": ("{s}asi", "{s}asis", "{s}.asis", "{s}.asis_study", "{s}_asis", "{s}_ias", "{s}ias"),
    "psis": ("{s}psi", "{s}psis", "{s}.psis", "{s}.psis_study", "{s}_psis", "{s}_ips", "{s}ips"),
    "hip_centre": ("{s}hjc", "{s}_hjc", "{s}hjc_study", "{s}hjc_reg", "{s}hipjnt", "{s}fep"),
    "thigh": ("{s}thi",),
    "knee_centre": ("{s}kjc", "{s}_kjc", "{s}kjc_study", "{s}knejnt", "{s}kneejnt", "{s}feo"),
    "knee_lateral": ("{s}kne", "{s}_knee", "{s}_knee_study", "{s}_fle", "{s}fle", "{s}lfc", "{s}.knee.lat"),
    "knee_medial": (
        "{s}knm",
        "{s}mkne",
        "{s}knem",
        "{s}_mknee",
        "{s}_mknee_study",
        "{s}_fme",
        "{s}fme",
        "{s}mfc",
        "{s}.knee.med",
    ),
    "shank": ("{s}tib",),
    "ankle_centre": ("{s}ajc", "{s}_ajc", "{s}ajc_study", "{s}ankjnt", "{s}anklejnt", "{s}tio"),
    "ankle_lateral": ("{s}ank", "{s}_ankle", "{s}_ankle_study", "{s}_fal", "{s}fal", "{s}lmal", "{s}.ankle.lat"),
    "ankle_medial": (
        "{s}med",
        "{s}mank",
        "{s}ankm",
        "{s}_mankle",
        "{s}_mankle_study",
        "{s}_tam",
        "{s}tam",
        "{s}mmal",
        "{s}.ankle.med",
    ),
    "heel": ("{s}hee", "{s}_calc", "{s}_calc_study", "{s}_fcc", "{s}fcc", "{s}cal", "{s}.heel"),
    "toe": ("{s}toe", "{s}_toe", "{s}_toe_study", "{s}_fm2", "{s}fmt2"),
    "toe_inner": ("{s}_fm1", "{s}fmt1", "{s}.toe.med"),
    "toe_outer": ("{s}_5meta", "{s}_5meta_study", "{s}_fm5", "{s}fmt5", "{s}mt5", "{s}.toe.lat"),
    "head_front": ("{s}fhd",),
    "head_back": ("{s}bhd",),
    "hip_keypoint": ("{s}hip",),
    "knee_keypoint": ("{s}knee",),
    "ankle_keypoint": ("{s}ankle",),
    "heel_keypoint": ("{s}heel",),
    "big_toe_keypoint": ("{s}bigtoe",),
    "small_toe_keypoint": ("{s}smalltoe",),
}
"""Role to names in small letters, {s} for r or l; where a file has several, the first counts.

Plug-in Gait with the virtual centres of its bones (Vicon, Plug-in Gait reference guide) and the medial markers
of CGM2; OpenCap's measured and augmented markers (`_study`) and its video keypoints (Uhlrich 2023); the
anatomical landmarks of Cappozzo (1995) as Qualisys writes them (`R_FLE`); the sets of OpenSim's examples
(`RLFC`, `R.Knee.Lat`). Toe: the second metatarsal head; inner, outer: the first and the fifth.
"""

MIDDLE: Mapping[str, tuple[str, ...]] = {
    "sacrum": ("sacr", "sacrum", "v.sacral"),
    "back_of_neck": ("c7", "c7_study", "cv7"),
    "front_of_neck": ("clav", "sjn", "sgl"),
    "neck_keypoint": ("neck",),
}

_ROLES = {name.format(s=side): f"{role}_{side}" for role, names in SIDED.items() for side in "rl" for name in names}
_ROLES |= {name: role for role, names in MIDDLE.items() for name in names}

Roles = Mapping[str, np.ndarray]
"""Role (`asis_r`, `sacrum`) to positions (frame, 3)."""


def role_of(marker: str) -> str | None:
    """The role of a marker, by its name without the subject's prefix; None for one that is not needed."""
    return _ROLES.get(bare(marker).lower())


def bare(marker: str) -> str:
    """A marker's name without the subject's prefix (`Anna:LASI`)."""
    return marker.rpartition(":")[2].strip()


def names_of(role: str) -> tuple[str, ...]:
    """What the marker of a role may be called."""
    return tuple(name for name, meant in _ROLES.items() if meant == role)


def rank(marker: str) -> int:
    """Place of a marker among the names of its role; the lowest counts."""
    return list(_ROLES).index(bare(marker).lower())


def chosen(markers: Iterable[tuple[str, np.ndarray]]) -> Roles:
    """For every role the marker that plays it: of several, the first by name that is seen often.

    markers: names and positions (frame, 3), NaN where not seen. Often: in at least half as many frames as the
    marker that is seen most; a medial marker taken off after the standing trial is thus no marker.
    """
    known = sorted(((rank(name), name, position) for name, position in markers if role_of(name)), key=lambda m: m[:2])
    seen = [int(np.isfinite(position[:, 0]).sum()) for _, _, position in known]
    roles: dict[str, np.ndarray] = {}
    for count, (_, name, position) in zip(seen, known, strict=True):
        role = role_of(name)
        if role and count and 2 * count >= max(seen):
            roles.setdefault(role, position)
    return roles
