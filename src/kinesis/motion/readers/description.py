"""Description: what kind of motion it is, how fast, how much it turns; and the turn that starts it along +x."""

from __future__ import annotations

import numpy as np

from kinesis import rotations
from kinesis.body import FORWARD_B
from kinesis.motion.clip import Label
from kinesis.motion.filters import lowpass

STANDING_MPS, RUNNING_MPS = 0.15, 2.3
_TRAVEL_MPS = 0.3
_START_S, _STRIDES_S = 1.0, 3.0
_TURNING_RPS = 0.2
_SLOW_HZ = 1.0
_FLIGHT_GAP_M = 0.02
_FLIGHT_SHARE = 0.05


def start_along_x(qpos: np.ndarray, rate_hz: float) -> np.ndarray:
    """A copy of qpos (frame, nq), turned and shifted so that it starts at the origin, heading +x.

    The heading is the mean direction of travel over the first second where the person walks forward, and
    the mean direction that the pelvis faces otherwise. Travel comes first because the pelvis sways by ±10°
    in every stride, whereas the path of a stride is straight to about 1°; it serves only ahead, since a
    person who goes backward or sideways still faces forward. The way of one who turns is unrolled first.
    """
    facing = np.unwrap(rotations.heading(qpos[:, 3:7], FORWARD_B))
    count = min(len(qpos), round(_START_S * rate_hz) + 1)
    turned = _turn_at_start(facing, rate_hz)[:count]
    yaw = float((facing[:count] - turned).mean())
    steps = rotations.rotate(rotations.from_heading(-turned[1:]), _level(np.diff(qpos[:count, :2], axis=0)))
    way = steps[:, :2].sum(0)
    course = float(np.arctan2(way[1], way[0]))
    ahead = np.cos(course - yaw) > np.sqrt(0.5)
    if ahead and np.linalg.norm(way) > _TRAVEL_MPS * (count - 1) / rate_hz:
        yaw = course
    turn, out = rotations.from_heading(np.array(-yaw)), qpos.copy()
    out[:, :2] -= qpos[0, :2]
    out[:, :2] = rotations.rotate(turn, _level(out[:, :2]))[:, :2]
    out[:, 3:7] = rotations.multiply(turn, qpos[:, 3:7])
    return out


def _level(horizontal: np.ndarray) -> np.ndarray:
    """(frame, 2) → (frame, 3) with z = 0."""
    return np.concatenate([horizontal, np.zeros((len(horizontal), 1))], axis=1)


def _turn_at_start(facing: np.ndarray, rate_hz: float) -> np.ndarray:
    """(frame,) angle turned since the first frame, of a steady turn through the first strides; else zeros.

    A rate is believed only beyond what the sway of a single stride looks like.
    """
    count = min(len(facing), round(_STRIDES_S * rate_hz) + 1)
    rate_rps = _slope(facing[:count], rate_hz)
    believed = abs(rate_rps) > _TURNING_RPS and count > _START_S * rate_hz
    return np.arange(len(facing)) / rate_hz * (rate_rps if believed else 0.0)


def _slope(values: np.ndarray, rate_hz: float) -> float:
    """Least-squares rate of change of values (frame,) a second."""
    return float(np.polyfit(np.arange(len(values)) / rate_hz, values, 1)[0])


def describe(qpos: np.ndarray, rate_hz: float, gap_m: np.ndarray) -> dict[str, Label]:
    """Labels `category`, `speed_mps` and `yaw_rate_rps` of qpos (frame, nq).

    Speed is the length of the path, sway removed at 1 Hz, over the time. A motion stands below 0.15 m/s;
    it runs where the lowest sole point, gap_m (frame,), is 2 cm off the ground in 5 % of the frames, and at
    speeds above those at which people change to it (2.07 m/s on average, Hreljac 1993).
    """
    seconds = (len(qpos) - 1) / rate_hz
    path = lowpass(qpos[:, :2], rate_hz, _SLOW_HZ)
    speed = float(np.linalg.norm(np.diff(path, axis=0), axis=-1).sum() / seconds)
    facing = np.unwrap(rotations.heading(qpos[:, 3:7], FORWARD_B))
    yaw_rate = _slope(facing, rate_hz)
    flies = float((gap_m > _FLIGHT_GAP_M).mean()) > _FLIGHT_SHARE
    if speed >= STANDING_MPS:
        category = "run" if flies or speed > RUNNING_MPS else "walk"
    else:
        category = "other" if flies or abs(yaw_rate) > _TURNING_RPS else "stand"
    return {"category": category, "speed_mps": round(speed, 4), "yaw_rate_rps": round(yaw_rate, 4)}
