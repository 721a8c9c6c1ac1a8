"""Audit of a body's muscles: fibres, forces, moment arms and strength beside what is published.

Right leg only: `myo-sim`'s left is its mirror image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np

from kinesis.body import Body, Kinematics
from kinesis.body.muscles import fibre_and_tendon, muscle_state
from kinesis.body.published import STRENGTHS, Strength, moment_arms, muscles
from kinesis.motion.find import find_motions

GAITS = {"walking": "builtin:walk@0.8,builtin:walk@1.3,builtin:walk@1.8", "running": "builtin:run@2.8,builtin:run@3.5"}
"""Motions over which normalised fibre lengths are reported."""

HEIGHT_M = 1.78
"""Assumed where strength scales with height: that of the person whose bones the model has [m]."""

FIBRE_TOLERANCE, FORCE_TOLERANCE, ARM_TOLERANCE_M = 0.1, 0.25, 0.01
"""Beyond these, a value is marked."""

_SPAN_DEG = {"hip_flexion": (-10.0, 90.0), "knee_angle": (5.0, 100.0), "ankle_angle": (-30.0, 20.0)}
_SEATED_DEG = {"knee_angle": {"hip_flexion": 70.0}, "ankle_angle": {"knee_angle": 20.0}, "hip_flexion": {}}
"""Other joints while the strength of one is tested, as on a dynamometer; those not named at zero."""


@dataclass(frozen=True)
class FibreRow:
    """One muscle: [N], [m], and the range of fibre length over optimal length in walking and running."""

    muscle: str
    peak_force_n: float
    published_force_n: float
    optimal_fibre_m: float
    published_fibre_m: float
    tendon_slack_m: float
    published_slack_m: float
    walking: tuple[float, float]
    running: tuple[float, float]


@dataclass(frozen=True)
class ArmRow:
    """Moment arms [m] of one muscle about one joint at angles [deg]."""

    muscle: str
    joint: str
    angle_deg: tuple[float, ...]
    arm_m: tuple[float, ...]
    published_m: tuple[float, ...]

    @property
    def off_m(self) -> float:
        """Greatest difference [m]."""
        return float(np.abs(np.subtract(self.arm_m, self.published_m)).max())


@dataclass(frozen=True)
class StrengthRow:
    """Greatest isometric torque [N·m] in one direction and the angle [deg] where it is had."""

    name: str
    torque_nm: float
    angle_deg: float
    published_nm: float
    published_deg: float


@dataclass(frozen=True)
class Audit:
    """The three tables of one body."""

    body: str
    fingerprint: str
    fibres: tuple[FibreRow, ...]
    arms: tuple[ArmRow, ...]
    strengths: tuple[StrengthRow, ...]


def audit(body: Body) -> Audit:
    """Measure a muscle form. The body's model is read, not changed."""
    return Audit(body.name, body.fingerprint, _fibres(body), _arms(body), tuple(_strength(body, s) for s in STRENGTHS))


def _fibres(body: Body) -> tuple[FibreRow, ...]:
    kinematics, (optimal, slack) = Kinematics(body), fibre_and_tendon(body.model)
    ranges = []
    for motions in GAITS.values():
        clips = find_motions(motions, body)
        length = np.concatenate([kinematics.muscles(c.qpos, c.qvel).length for c in clips])
        normal = (length - slack) / optimal
        ranges.append(np.stack([normal.min(0), normal.max(0)], 1).round(3))
    rows = []
    for i, name in enumerate(body.actuators):
        if name.endswith("_r"):
            given = muscles()[name[:-2]]
            force, walking, running = float(body.model.actuator_gainprm[i, 2]), *(tuple(r[i].tolist()) for r in ranges)
            rows.append(
                FibreRow(
                    name[:-2], force, given.peak_force_n, float(optimal[i]), given.optimal_fibre_m, float(slack[i]),
                    given.tendon_slack_m, walking, running,
                )
            )  # fmt: skip
    return tuple(rows)


def _arms(body: Body) -> tuple[ArmRow, ...]:
    data, measured, rows = mujoco.MjData(body.model), dict[tuple[str, float], np.ndarray](), []
    for given in moment_arms():
        joint, muscle = body.joints.index(f"{given.joint}_r"), body.actuators.index(f"{given.muscle}_r")
        arms = []
        for angle in given.angle_deg.tolist():
            key = given.joint, angle
            if key not in measured:
                qpos = _posture(body, {given.joint: angle})
                measured[key] = muscle_state(body, data, qpos, np.zeros(body.model.nv)).arms[joint]
            arms.append(-float(measured[key][muscle]))
        rows.append(ArmRow(given.muscle, given.joint, *(tuple(x) for x in (given.angle_deg, arms, given.arm_m))))
    return tuple(rows)


def _strength(body: Body, given: Strength) -> StrengthRow:
    """All muscles that pull that way fully active, the others passive, no speed."""
    data, joint = mujoco.MjData(body.model), body.joints.index(f"{given.joint}_r")
    angles = np.linspace(*_SPAN_DEG[given.joint], 40)
    torque = []
    for angle in angles:
        qpos = _posture(body, {given.joint: float(angle), **_SEATED_DEG[given.joint]})
        state = muscle_state(body, data, qpos, np.zeros(body.model.nv))
        pull = given.sign * state.arms[joint] * state.gain
        torque.append(np.maximum(pull, 0.0).sum() + given.sign * state.arms[joint] @ state.bias)
    people = given.torque(np.deg2rad(angles), body.mass_kg, HEIGHT_M)
    best, theirs = int(np.argmax(torque)), int(np.argmax(people))
    return StrengthRow(
        given.name, float(torque[best]), float(angles[best]), float(people[theirs]), float(angles[theirs])
    )


def _posture(body: Body, angles_deg: dict[str, float]) -> np.ndarray:
    """(nq,) standing with right-leg joints at these angles, others at zero."""
    qpos = body.standing_qpos()
    for name, angle in angles_deg.items():
        qpos[body.joint_qpos[body.joints.index(f"{name}_r")]] = np.deg2rad(angle)
    body.couplings.apply(qpos)
    return qpos


def markdown(audited: Audit, *, arms: bool = True) -> str:
    """The tables, that of moment arms if wanted; what deviates beyond the tolerances is bold."""
    tables = [_fibre_table(audited.fibres), _strength_table(audited.strengths)]
    return "\n\n".join([*tables, _arm_table(audited.arms)] if arms else tables)


def _fibre_table(rows: Sequence[FibreRow]) -> str:
    head = ("muscle", "force [N]", "published", "fibre [mm]", "published", "slack [mm]", "published", *GAITS)
    lines = []
    for r in rows:
        force = _marked(f"{r.peak_force_n:.0f}", abs(r.peak_force_n / r.published_force_n - 1.0) > FORCE_TOLERANCE)
        fibre = _marked(
            f"{1000 * r.optimal_fibre_m:.0f}", abs(r.optimal_fibre_m / r.published_fibre_m - 1.0) > FIBRE_TOLERANCE
        )
        lines.append((
            r.muscle, force, f"{r.published_force_n:.0f}", fibre, f"{1000 * r.published_fibre_m:.0f}",
            f"{1000 * r.tendon_slack_m:.0f}", f"{1000 * r.published_slack_m:.0f}",
            *(f"{low:.2f}–{high:.2f}" for low, high in (r.walking, r.running)),
        ))  # fmt: skip
    return _table(head, lines)


def _strength_table(rows: Sequence[StrengthRow]) -> str:
    head = ("direction", "greatest torque [N·m]", "at [deg]", "people [N·m]", "at [deg]", "ratio")
    return _table(
        head,
        [
            (r.name, f"{r.torque_nm:.0f}", f"{r.angle_deg:.0f}", f"{r.published_nm:.0f}", f"{r.published_deg:.0f}",
             f"{r.torque_nm / r.published_nm:.2f}") for r in rows
        ],
    )  # fmt: skip


def _arm_table(rows: Sequence[ArmRow]) -> str:
    head = ("muscle", "joint", "angles [deg]", "moment arms [mm]", "published [mm]", "greatest difference [mm]")
    words = lambda values, scale: " ".join(f"{scale * v:.0f}" for v in values)  # noqa: E731
    return _table(
        head,
        [
            (r.muscle, r.joint.replace("_", " "), words(r.angle_deg, 1), words(r.arm_m, 1000),
             words(r.published_m, 1000), _marked(f"{1000 * r.off_m:.0f}", r.off_m > ARM_TOLERANCE_M)) for r in rows
        ],
    )  # fmt: skip


def _marked(text: str, off: bool) -> str:
    return f"**{text}**" if off else text


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
