"""BVH: any channel order, position channels on any joint, any common skeleton; the format states no unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from kinesis.motion.points import Points
from kinesis.motion.readers.bvh_motion import BvhMotion
from kinesis.motion.readers.bvh_text import BvhText
from kinesis.motion.readers.chain import Posed
from kinesis.motion.readers.joint_tree import JointTree, Leg, find_legs, pelvis_of, spine_of
from kinesis.motion.readers.knee_axis import knee_lateral
from kinesis.motion.readers.person import person, stem
from kinesis.motion.readers.reader import READERS, Reader
from kinesis.motion.readers.soundness import FEWEST_FRAMES
from kinesis.motion.readers.stream import beginning, checked_path

_TREE_FRAMES = 200
_REST_S, _REST_JUMP, _REST_STEP, _STRAIGHT = 0.25, 2.0, 0.05, float(np.cos(np.deg2rad(20.0)))
_PARALLEL, _ACROSS = 0.9, 0.5


def recognises(path: Path) -> bool:
    """Whether the file opens with the word HIERARCHY."""
    return beginning(path, 64).removeprefix(b"\xef\xbb\xbf").lstrip().upper().startswith(b"HIERARCHY")


def read_bvh(path: Path) -> list[Points]:
    """The one motion of a BVH file, in its own unit and axes, neither of which it states.

    A T-pose in front of the motion is left out (label `rest_frames`).

    Raises:
        KinesisError: for a file that is not sound, or a skeleton in which no legs are found.
    """
    path = checked_path(path)
    text = BvhText(path)
    blocks = text.blocks()
    first = next(blocks)
    motion = BvhMotion(text.joints, first)
    rig = _find_rig(motion, first, str(path))
    posed = _joined([motion.pose(block, rig.needed) for block in chain([first], blocks)])
    places = _places(rig, posed, motion)
    rested = _rest_frames(places, text.rate_hz)
    return [
        person(
            stem(path),
            {name: place[rested:] for name, place in places.items()},
            hangs_on=rig.lines,
            rate_hz=text.rate_hz,
            unit_m=None,
            up=None,
            source=f"{path.name}; BVH",
            where=str(path),
            labels={"rest_frames": float(rested)} if rested else {},
        )
    ]


READERS.register("bvh")(Reader("BVH (.bvh, also .gz)", recognises=recognises, read=read_bvh))


@dataclass(frozen=True)
class _Rig:
    """The joints that matter. shown: our names, or `<index>:<name>` of what is only drawn, and the joints' indices."""

    tree: JointTree
    legs: tuple[Leg, Leg]
    pelvis: int
    spine: int | None
    shown: Mapping[str, int]

    @property
    def needed(self) -> set[int]:
        """Joints to be posed: those that matter and all that they hang on."""
        mattering = {*self.shown.values(), self.pelvis, *(leg.toe for leg in self.legs)}
        mattering |= set() if self.spine is None else {self.spine}
        return {up for joint in mattering for up in (joint, *self.tree.above(joint))}

    @property
    def lines(self) -> dict[str, str]:
        """Of each point the one to which a line is drawn."""
        names = {joint: name for name, joint in self.shown.items()}
        lines = {}
        for name, joint in self.shown.items():
            above = (names[up] for up in self.tree.above(joint) if up in names)
            lines[name] = next(above, "")
        for side in "rl":
            lines |= {f"toe_{side}": f"ankle_{side}", f"knee_lateral_{side}": f"knee_{side}"}
        return lines | {"spine": "pelvis"}


def _find_rig(motion: BvhMotion, first: np.ndarray, where: str) -> _Rig:
    joints, some = motion.joints, first[:_TREE_FRAMES]
    tree = JointTree([joint.name for joint in joints], [joint.parent for joint in joints], motion.lengths(some))
    legs = find_legs(tree, lambda: motion.pose(some, range(len(joints))).position, where)
    pelvis = pelvis_of(tree, legs)
    shown = {"pelvis": pelvis}
    for side, leg in zip("rl", legs, strict=True):
        shown |= {f"hip_{side}": leg.hip, f"knee_{side}": leg.knee, f"ankle_{side}": leg.ankle}
        shown |= {} if leg.heel is None else {f"heel_{side}": leg.heel}
    for part in ("neck", "head"):
        if found := tree.named("", part, tree.below(pelvis)):
            shown[part] = found[0]
    ours = {*shown.values(), *(leg.toe for leg in legs)}
    others = (joint for joint in tree.drawn() if joint not in ours)
    return _Rig(tree, legs, pelvis, spine_of(tree, pelvis, legs), shown | {f"{j}:{tree.names[j]}": j for j in others})


def _joined(pieces: list[Posed[int]]) -> Posed[int]:
    """One after the other in time."""
    return Posed(
        {joint: np.concatenate([piece.position[joint] for piece in pieces]) for joint in pieces[0].position},
        {joint: Rotation.concatenate([piece.turned[joint] for piece in pieces]) for joint in pieces[0].turned},
    )


def _places(rig: _Rig, posed: Posed[int], motion: BvhMotion) -> dict[str, np.ndarray]:
    """(frame, 3) of all points: joints, and places that are fixed in thighs, feet and the pelvis."""
    places = {name: posed.position[joint] for name, joint in rig.shown.items()}
    if rig.spine is not None:
        trunk, turned = posed.position[rig.spine] - places["pelvis"], posed.turned[rig.pelvis]
        places["spine"] = places["pelvis"] + turned.apply(turned.inv().apply(trunk).mean(0))
    right = _right_at_rest(rig, motion)
    for side, other, leg in zip("rl", "lr", rig.legs, strict=True):
        hip, knee, ankle = (places[f"{part}_{side}"] for part in ("hip", "knee", "ankle"))
        places[f"toe_{side}"] = ankle + leg.toe_share * (posed.position[leg.toe] - ankle)
        thigh, shank = posed.turned[leg.thigh], posed.turned[leg.knee]
        outward, rest = hip - places[f"hip_{other}"], right if side == "r" or right is None else -right
        places[f"knee_lateral_{side}"] = knee_lateral(hip, knee, thigh, shank, outward, rest)
    return places


def _right_at_rest(rig: _Rig, motion: BvhMotion) -> np.ndarray | None:
    """(3,) from the left to the right hip where no joint is turned, None where the skeleton does not stand then."""
    place = np.zeros((len(motion.joints), 3))
    for index, joint in enumerate(motion.joints[1:], 1):
        place[index] = place[joint.parent] + joint.offset
    hips = [place[leg.hip] for leg in rig.legs]
    bones = [
        (place[leg.knee] - hip, place[leg.ankle] - place[leg.knee]) for leg, hip in zip(rig.legs, hips, strict=True)
    ]
    right, *downward = (_unit(vector) for vector in (hips[0] - hips[1], *bones[0], *bones[1]))
    down = _unit(np.sum(downward, axis=0))
    stands = all(bone @ down > _PARALLEL for bone in downward) and abs(right @ down) < _ACROSS and right.any()
    return right if stands else None


def _rest_frames(places: Mapping[str, np.ndarray], rate_hz: float) -> int:
    """Frames that belong to a T-pose in front of the motion, 0 where there is none.

    It has straight legs, and from it the person gets into the motion, within a quarter of a second, in steps
    unlike all that follow; more than one where the file was smoothed after it was put in front.
    """
    lead = max(1, round(_REST_S * rate_hz))
    if len(places["pelvis"]) < 3 * lead + FEWEST_FRAMES:
        return 0
    bones = [places[f"knee_{s}"][0] - places[f"hip_{s}"][0] for s in "rl"]
    shanks = [places[f"ankle_{s}"][0] - places[f"knee_{s}"][0] for s in "rl"]
    straight = all(_unit(bone) @ _unit(shank) > _STRAIGHT for bone, shank in zip(bones, shanks, strict=True))
    moving = [places[name] for name in ("pelvis", "knee_r", "knee_l", "ankle_r", "ankle_l")]
    steps = np.max([np.linalg.norm(np.diff(place, axis=0), axis=-1) for place in moving], axis=0)
    usual, leg = float(steps[lead:].max()), float(np.linalg.norm([bones[0], shanks[0]], axis=-1).sum())
    jumps = steps[:lead].max() > max(_REST_JUMP * usual, _REST_STEP * leg) and steps[0] > usual
    return 1 + int(np.flatnonzero(steps[:lead] > usual)[-1]) if straight and jumps else 0


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)
