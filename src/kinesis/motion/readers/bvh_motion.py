"""The numbers of BVH frames as movements of joints: positions and angles in any order, on any joint."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from kinesis.motion.readers.bvh_text import Joint
from kinesis.motion.readers.chain import Posed, pose

_ADDED = 0.1


class BvhMotion:
    """How the numbers of a frame move the joints.

    Position channels replace the OFFSET, as in files whose joints all have them (Bandai-Namco, Blender);
    where they stay below a tenth of it they are taken for corrections of it and added.
    """

    def __init__(self, joints: Sequence[Joint], first: np.ndarray) -> None:
        """first: (frame, width) some frames, by which positions that are added are told."""
        self.joints = joints
        ends = np.cumsum([len(joint.channels) for joint in joints])
        self._columns = [slice(end - len(joint.channels), end) for joint, end in zip(joints, ends, strict=True)]
        self._added = frozenset(index for index in range(len(joints)) if self._is_added(index, first))

    def lengths(self, block: np.ndarray) -> np.ndarray:
        """(joint,) usual distance of each joint from its parent, over the frames of block (frame, width)."""
        offsets = (np.atleast_2d(self._offset(index, block)) for index in range(len(self.joints)))
        return np.array([np.median(np.linalg.norm(offset, axis=1)) for offset in offsets])

    def pose(self, block: np.ndarray, needed: Collection[int]) -> Posed[int]:
        """Positions and orientations of needed joints, whose parents must be among them, from (frame, width)."""
        order = sorted(needed)
        parents = {index: None if (up := self.joints[index].parent) < 0 else up for index in order}
        turns = {index: turn for index in order if (turn := self._turn(index, block)) is not None}
        offsets = {index: self._offset(index, block) for index in order}
        return pose(parents, offsets, turns)

    def _offset(self, index: int, block: np.ndarray) -> np.ndarray:
        """(3,), or (frame, 3) for a root and where positions are recorded."""
        joint = self.joints[index]
        moving = {
            axis: channel for channel, name in enumerate(joint.channels) if (axis := _axis(name, "position")) >= 0
        }
        if not moving and joint.parent >= 0:
            return joint.offset
        offset, numbers = np.tile(joint.offset, (len(block), 1)), block[:, self._columns[index]]
        for axis, channel in moving.items():
            offset[:, axis] = numbers[:, channel] + (joint.offset[axis] if index in self._added else 0.0)
        return offset

    def _is_added(self, index: int, block: np.ndarray) -> bool:
        joint = self.joints[index]
        moving = [channel for channel, name in enumerate(joint.channels) if _axis(name, "position") >= 0]
        usual = np.median(np.linalg.norm(block[:, self._columns[index]][:, moving], axis=1))
        return len(moving) == 3 and joint.parent >= 0 and bool(usual < _ADDED * np.linalg.norm(joint.offset))

    def _turn(self, index: int, block: np.ndarray) -> Rotation | None:
        """The joint's turns in all frames, about its own axes one after the other in the order of the channels."""
        channels = self.joints[index].channels
        turning = [channel for channel, name in enumerate(channels) if _axis(name, "rotation") >= 0]
        if not turning:
            return None
        sequence = "".join(channels[channel][0].upper() for channel in turning)
        return Rotation.from_euler(sequence, block[:, self._columns[index]][:, turning], degrees=True)


def _axis(channel: str, kind: str) -> int:
    """0, 1 or 2 for a channel of that kind, -1 for another."""
    return "xyz".index(channel[0]) if channel.endswith(kind) else -1
