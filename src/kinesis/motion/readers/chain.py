"""Chain: where the joints of a tree are, from the turn of each joint; all frames at once."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from scipy.spatial.transform import Rotation

Key = TypeVar("Key", bound=Hashable)


class Posed(NamedTuple, Generic[Key]):
    """Of each joint its position (frame, 3) in the world, and its orientation there in all frames."""

    position: dict[Key, np.ndarray]
    turned: dict[Key, Rotation]


def pose(
    parents: Mapping[Key, Key | None], offsets: Mapping[Key, np.ndarray], turns: Mapping[Key, Rotation]
) -> Posed[Key]:
    """Forward kinematics.

    parents: of each joint, parents first, None for the root. offsets: of each joint from its parent in the
    parent's frame, (3,) or (frame, 3); of the root (frame, 3) in the world. turns: of each joint in its
    parent's frame, all frames; a joint without one goes with its parent.
    """
    position, turned = dict[Key, np.ndarray](), dict[Key, Rotation]()
    for joint, parent in parents.items():
        turn = turns.get(joint)
        if parent is None:
            position[joint] = offsets[joint]
            turned[joint] = Rotation.identity(len(offsets[joint])) if turn is None else turn
        else:
            position[joint] = position[parent] + turned[parent].apply(offsets[joint])
            turned[joint] = turned[parent] if turn is None else turned[parent] * turn
    return Posed(position, turned)
