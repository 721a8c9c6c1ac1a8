"""Joint trees: which joint of a skeleton is which of ours, by the words in its name, else by how the tree is built."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from kinesis.errors import KinesisError

_SIDES = {"l": "l", "left": "l", "lft": "l", "r": "r", "right": "r", "rgt": "r"}
_PARTS = {
    "thigh": ("thigh", "thighbend", "upleg", "upperleg", "femur", "lfemur"),
    "hip": ("hip", "hipjoint"),
    "knee": ("knee", "kneejoint", "shin", "shinbend", "calf", "lowerleg", "lowleg", "tibia", "shank"),
    "leg": ("leg",),
    "ankle": ("ankle", "anklejoint"),
    "foot": ("foot",),
    "toe": ("toe", "toes", "toebase", "toejoint", "ball", "forefoot"),
    "heel": ("heel",),
    "hand": ("hand", "wrist"),
    "neck": ("neck",),
    "head": ("head",),
}
_PART_OF = {word: part for part, words in _PARTS.items() for word in words}
_WORDS = sorted(_PART_OF, key=len, reverse=True)
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ALIKE = 0.1
_SHORT = 0.02
_TIP, _BALL_ON_TIP = 0.42, 0.67
"""An end of the foot this far from the ankle, in shanks, is the tip of the toes; the ball lies at that share of it.

Ankle to ball is 0.30 ± 0.03 of the shank in skeletons with a toe joint (SMPL, LaFAN, MASS, Bandai-Namco)."""


class Meaning(NamedTuple):
    """side: `r`, `l` or empty. part: a key of `_PARTS` or empty."""

    side: str
    part: str


def meaning(name: str) -> Meaning:
    """What the words of a joint's name say, whatever their case, order, numbers and namespace."""
    side, word = "", ""
    for token in (found.lower() for found in _TOKEN.findall(name)):
        lead = next((s for s in ("left", "right", "l", "r") if token.startswith(s) and token[len(s) :] in _PART_OF), "")
        if token in _SIDES:
            side = _SIDES[token]
        elif lead and token not in _PART_OF:
            side, word = _SIDES[lead], word + token[len(lead) :]
        else:
            word += token
    return Meaning(side, next((_PART_OF[w] for w in _WORDS if word.endswith(w)), ""))


@dataclass(frozen=True)
class Leg:
    """Indices of a leg's joints. thigh: the joint that the knee hangs on, whose turn is that of the thigh.

    toe_share: the ball of the foot lies at this share of the way from the ankle to `toe`.
    """

    hip: int
    thigh: int
    knee: int
    ankle: int
    toe: int
    heel: int | None
    toe_share: float


@dataclass(frozen=True)
class JointTree:
    """A skeleton. names, parents: of each joint, parents first. length: (joint,) from its parent, any unit."""

    names: Sequence[str]
    parents: Sequence[int]
    length: np.ndarray

    @cached_property
    def meanings(self) -> tuple[Meaning, ...]:
        """Of each joint."""
        return tuple(map(meaning, self.names))

    def above(self, joint: int) -> Iterator[int]:
        """The joint's parent, that one's parent, and so on to the root."""
        while (joint := self.parents[joint]) >= 0:
            yield joint

    def below(self, joint: int) -> list[int]:
        """All joints that hang on this one, in their order."""
        found = {joint}
        for child in range(joint + 1, len(self.parents)):
            if self.parents[child] in found:
                found.add(child)
        return sorted(found - {joint})

    def between(self, upper: int, lower: int) -> float:
        """Length of the way from one joint down to another that hangs on it."""
        return float(sum(self.length[joint] for joint in (lower, *self.above(lower)) if upper in self.above(joint)))

    @cached_property
    def children(self) -> list[list[int]]:
        """Of each joint those whose parent it is."""
        found: list[list[int]] = [[] for _ in self.parents]
        for child, parent in enumerate(self.parents):
            if parent >= 0:
                found[parent].append(child)
        return found

    @cached_property
    def reach(self) -> np.ndarray:
        """(joint,) length of the longest way down from each."""
        longest = np.zeros(len(self.parents))
        for child in range(len(self.parents) - 1, 0, -1):
            parent = self.parents[child]
            longest[parent] = max(longest[parent], self.length[child] + longest[child])
        return longest

    def named(self, side: str, part: str, among: Sequence[int] | None = None) -> list[int]:
        """Joints of that meaning, parents first."""
        joints = range(len(self.names)) if among is None else sorted(among)
        return [joint for joint in joints if self.meanings[joint] == (side, part)]

    def drawn(self) -> list[int]:
        """Joints worth a line: they carry others, have a bone of some length, and are not in a hand."""
        hands = [joint for joint, found in enumerate(self.meanings) if found.part == "hand"]
        held = {joint for hand in hands for joint in self.below(hand)}
        shortest = _SHORT * float(self.length.max())
        carrying = sorted({parent for parent in self.parents if parent >= 0} - held)
        return [joint for joint in carrying if self.length[joint] > shortest]


def find_legs(tree: JointTree, pose: Callable[[], Mapping[int, np.ndarray]], where: str) -> tuple[Leg, Leg]:
    """The right and the left leg; pose gives (frame, 3) of each joint for some frames, where names do not tell.

    Raises:
        KinesisError: if neither the names nor the build of the tree say which joints are legs.
    """
    by_name = [_leg_by_name(tree, side) for side in "rl"]
    if by_name[0] is not None and by_name[1] is not None:
        return by_name[0], by_name[1]
    by_build = _legs_by_build(tree, pose)
    if by_build is None:
        names = ", ".join(name for name in tree.names if not name.endswith(" end"))
        expected = "right and left hip, knee, ankle and toe"
        raise KinesisError("no two legs are found in the skeleton", where=where, got=names, expected=expected)
    return by_build


def pelvis_of(tree: JointTree, legs: tuple[Leg, Leg]) -> int:
    """The joint nearest to both hips that both hang on.

    Raises:
        KinesisError: where they hang on nothing in common, which no tree with one root allows.
    """
    right = list(tree.above(legs[0].hip))
    for joint in tree.above(legs[1].hip):
        if joint in right:
            return joint
    raise KinesisError("the legs hang on no common joint", got=f"{tree.names[legs[0].hip]}, {tree.names[legs[1].hip]}")


def spine_of(tree: JointTree, pelvis: int, legs: tuple[Leg, Leg]) -> int | None:
    """The first joint above the pelvis, away from it, on the longest way that is no leg; None if there is none."""
    legged = {joint for leg in legs for joint in (leg.hip, *tree.above(leg.hip))}
    ways = [joint for joint in tree.children[pelvis] if joint not in legged]
    thigh = tree.length[legs[0].knee]
    while ways:
        joint = max(ways, key=lambda way: tree.length[way] + tree.reach[way])
        if tree.length[joint] > _SHORT * thigh:
            return joint
        ways = tree.children[joint]
    return None


def _leg_by_name(tree: JointTree, side: str) -> Leg | None:
    knees = tree.named(side, "knee") or tree.named(side, "leg")
    if not knees:
        return None
    knee = knees[0]
    above, below = list(tree.above(knee)), tree.below(knee)
    thighs = tree.named(side, "thigh", above) or (tree.named(side, "hip", above) or tree.named(side, "leg", above))[-1:]
    ankles = tree.named(side, "ankle", below) or tree.named(side, "foot", below)
    return _leg(tree, thighs[0], knee, ankles[0]) if thighs and ankles else None


def _leg(tree: JointTree, hip: int, knee: int, ankle: int) -> Leg | None:
    """The leg with these joints, if it has a foot and its bones have lengths."""
    side, below = tree.meanings[ankle].side, tree.below(ankle)
    thigh, shank = tree.between(hip, knee), tree.between(knee, ankle)
    away = [joint for joint in below if tree.length[joint] > _SHORT * shank]
    heels = tree.named(side, "heel", away)
    fore = [joint for joint in away if joint not in heels]
    toes = tree.named(side, "toe", fore) or tree.named(side, "foot", fore)
    first = [joint for joint in toes if tree.parents[joint] == tree.parents[toes[0]]] or fore[:1]
    if not first or min(thigh, shank) <= 0.0:
        return None
    toe = first[len(first) // 2]
    is_tip = toe not in toes and tree.length[toe] > _TIP * shank
    return Leg(hip, tree.parents[knee], knee, ankle, toe, heels[0] if heels else None, _BALL_ON_TIP if is_tip else 1.0)


def _legs_by_build(tree: JointTree, pose: Callable[[], Mapping[int, np.ndarray]]) -> tuple[Leg, Leg] | None:
    """Two ways down the tree of like bones, that part nearest to the root; their feet say which is the right one."""
    ways = [way for joint in range(len(tree.names)) if len(way := _way(tree, joint)) >= 3]
    pairs = [(one, two) for one in ways for two in ways if one[0] < two[0] and _are_alike(tree, one, two)]
    if not pairs:
        return None
    one, two = (_leg_on(tree, way) for way in min(pairs, key=lambda pair: len(list(tree.above(pair[0][0])))))
    if one is None or two is None:
        return None
    place = {joint: position.mean(0) for joint, position in pose().items()}
    across = place[two.hip] - place[one.hip]
    upward = sum(place[leg.hip] - place[leg.ankle] for leg in (one, two))
    forward = sum(place[leg.toe] - place[leg.ankle] for leg in (one, two))
    two_is_right = float(across @ np.cross(forward, upward)) > 0.0
    return (two, one) if two_is_right else (one, two)


def _way(tree: JointTree, joint: int) -> list[int]:
    """From a joint at which its parent branches down the longest way to the end; bones of no length left out."""
    if tree.parents[joint] < 0 or len(tree.children[tree.parents[joint]]) < 2:
        return []
    way = [joint]
    while children := tree.children[way[-1]]:
        way.append(max(children, key=lambda child: tree.length[child] + tree.reach[child]))
    longest = max(tree.length[joint] for joint in way[1:]) if len(way) > 1 else 0.0
    return [way[0], *(j for j in way[1:] if tree.length[j] > _SHORT * longest)]


def _are_alike(tree: JointTree, one: list[int], two: list[int]) -> bool:
    if len(one) != len(two) or tree.parents[one[0]] != tree.parents[two[0]]:
        return False
    first, second = tree.length[one[1:]], tree.length[two[1:]]
    return bool((np.abs(first - second) <= _ALIKE * np.maximum(first, second)).all())


def _leg_on(tree: JointTree, way: list[int]) -> Leg | None:
    """The leg on a way down: the two longest neighbouring bones are thigh and shank."""
    pairs = tree.length[way[1:-1]] + tree.length[way[2:]]
    start = int(np.argmax(pairs))
    return _leg(tree, *way[start : start + 3]) if len(way) > start + 3 else None
