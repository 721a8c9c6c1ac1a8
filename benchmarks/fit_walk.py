"""Fit one column of the built-in walk's key events to what people's walks take of joints and of the ground.

Gauss-Newton through the generator, the feet's plants and inverse dynamics of all bones; the present tables are the
start. Writes the column, and prints after every step how much lies inside the published bands.

python benchmarks/fit_walk.py --norms DIR --column 4 --out column.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.signal import butter, sosfiltfilt

from kinesis.analysis.gait_curves import PELVIC_PLANE_RAD
from kinesis.analysis.norms import load_norms
from kinesis.body import Kinematics, load
from kinesis.body.dynamics import fold, inverse
from kinesis.cli import command
from kinesis.motion.gait import GaitSpec, Segment, generate, generator, harmonics, pattern, steady, walking
from kinesis.motion.gait.course import EVEN_WALK_S, Gaits
from kinesis.motion.gait.slip import slip
from kinesis.motion.ground import ground_of

RATE_HZ, SAMPLES = 100.0, 50
PERCENT = (25.0 + 100.0 * np.arange(SAMPLES)[:, None] / SAMPLES + np.array([0.0, 50.0])) % 100.0
"""(sample, 2) of the cycle of each leg."""
SAGITTAL = ("HIP_FLEXION", "KNEE_FLEXION", "ANKLE_DORSIFLEXION")
ANGLES = {"hip_flexion": 0, "knee_flexion": 3, "ankle_dorsiflexion": 4}
MOMENTS = {
    "hip_extension_moment": 0,
    "knee_extension_moment": 3,
    "ankle_plantarflexion_moment": 4,
    "hip_abduction_moment": 1,
}
"""Each by its joint's number in a leg."""
FORCES = {"ground_force_vertical": 2, "ground_force_anterior": 0}
LEAST_SD = dict(zip((*MOMENTS, *FORCES), (0.12, 0.08, 0.08, 0.1, 0.06, 0.02), strict=True))
"""Bands narrower than this, as in the swing, are taken as this wide: N·m/kg, body weights."""
LEAST_APART, LAST_PERCENT = 1.95, 98.9
"""Of two events of a joint [%]: 2, but for the rounding of the tables. Where the last of them lies at the latest."""
RIPPLE = 0.35
"""Weight of what a filter takes from moments and forces, in least bands."""
LABORATORY = butter(2, 8.0, fs=RATE_HZ, output="sos")
"""What laboratories see of moments and forces, whose markers are filtered."""
BOTH_STAND = (PERCENT < 14.0) | ((PERCENT > 46.0) & (PERCENT < 62.0))
"""Where the load passes from foot to foot: 8 Hz would hide how fast, and force plates are not filtered so."""
ROLLS_M = (0.06, (18.0, 24.0), (40.0, 46.0)), (0.21, (46.0, 49.0), (54.0, 58.0))
"""How far the push goes at least, from one spell of the cycle to another [%]: heel to toes, then to the other foot."""


class Column:
    """A column as one vector of numbers: tilt, angles, path, contact times [%], percents of sagittal events."""

    def __init__(self, norms: Path, column: int) -> None:
        """column: of `walking.SPEEDS`, not the first, which is stepping on the spot."""
        self.body, self.speed = load("legs80"), float(walking.SPEEDS[column])
        self.kinematics, self.gaits = Kinematics(self.body, threads=1), generator.gaits(self.body)
        skeleton = self.gaits.skeleton
        self.heels = [self.body.landmarks.index(f"calcn_{side}") for side in "rl"]
        self.stride_s = 2.0 / float(walking.steps_per_s(np.array(self.speed)) * skeleton.rate_unit)
        self.spec = GaitSpec((Segment(0.0, "walk", self.speed * skeleton.speed_unit),), 1.5 * self.stride_s)
        found = load_norms(norms, skeleton.leg_m)
        self.bands = {n: found.band(n, self.speed) for n in (*ANGLES, *MOMENTS, *FORCES)}
        events = {c: np.array([[e[0][column], e[1][column]] for e in getattr(walking, c)]) for c in pattern.CHANNELS}
        self.percents = {c: e[:, 0] for c, e in events.items()}
        self.rows = [(name, order, part) for name, orders in pattern.PATH for order in orders for part in (0, 1)]
        path = {
            (name, order, part): row[part][column]
            for name, orders in pattern.PATH
            for order, row in zip(orders, getattr(walking, name, ()), strict=False)
            for part in (0, 1)
        }
        times = walking.TOE_OFF, *walking.FLAT
        self.start = np.concatenate(
            [
                [walking.TILT_DEG[column]],
                *(e[:, 1] for e in events.values()),
                [path.get(row, 0.0) for row in self.rows],
                [100.0 * t[column] for t in times],
                *(events[c][:, 0] for c in SAGITTAL),
            ]
        )
        angles = sum(map(len, events.values()))
        scale = [[3.0], np.full(angles, 2.0), [6.0 * (2.0 / o) ** 1.5 for _, o, _ in self.rows], [1.0, 1.5, 1.5]]
        self.scale = np.concatenate([*scale, np.full(len(self.start) - angles - len(self.rows) - 4, 1.5)])

    def split(
        self, x: np.ndarray
    ) -> tuple[float, dict[str, np.ndarray], np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """Tilt, angles by channel, path, contact times, percents by channel."""
        sizes = [1, *map(len, self.percents.values()), len(self.rows), 3, *(len(self.percents[c]) for c in SAGITTAL)]
        parts = np.split(x, np.cumsum(sizes)[:-1])
        count = len(self.percents)
        angles = dict(zip(self.percents, parts[1 : count + 1], strict=True))
        percents = self.percents | dict(zip(SAGITTAL, parts[count + 3 :], strict=True))
        return float(parts[0][0]), angles, parts[count + 1], parts[count + 2], percents

    def held(self, x: np.ndarray) -> np.ndarray:
        """The same with events that follow each other within the cycle, and contact times too."""
        x = x.copy()
        *_, times, percents = self.split(x)
        for channel in SAGITTAL:
            event, steps = percents[channel], LEAST_APART * np.arange(len(percents[channel]))
            event[:] = np.maximum.accumulate(np.maximum(event, 0.0) - steps) + steps
            event[:] = np.minimum(event, LAST_PERCENT - steps[::-1])
        times[0], times[1] = min(times[0], 72.0), max(times[1], 2.0)
        times[2] = max(times[2], times[1] + 5.0)
        return x

    def walk(self, x: np.ndarray) -> Mapping[str, np.ndarray]:
        """By curve, (sample, 2) over a stride of both legs; `slide`, by how much bearing soles do so too fast [m/s]."""
        tilt, angles, path, times, percents = self.split(x)
        events = np.deg2rad([harmonics.from_events(percents[c], angles[c]) for c in self.percents])
        wander = np.zeros((2 * pattern.PATH_ORDER + 1, len(pattern.PATH)))
        axes = [name for name, _ in pattern.PATH]
        for (name, order, part), value in zip(self.rows, path, strict=True):
            wander[order + pattern.PATH_ORDER * part, axes.index(name)] = 1e-3 * value
        at = np.array([-1.0, 0.0, self.speed, 2.0])
        column = events, np.append(times / 100.0, np.deg2rad(tilt)), wander
        table = pattern.Table(*(PchipInterpolator(at, np.array([values] * 4)) for values in column))
        skeleton = self.gaits.skeleton
        wanders = steady.pelvis_wander(skeleton, table, self.speed, self.stride_s, EVEN_WALK_S)[0]
        whole = PchipInterpolator(at, np.array([wanders] * 4))
        generator._MADE[self.body.name] = Gaits(skeleton, table, self.gaits.run, whole, self.gaits.run_wander)
        clip = generate(self.kinematics, self.spec, rate_hz=RATE_HZ)
        ground = ground_of(self.body, clip)
        wrench = np.concatenate([ground.force, np.cross(ground.centre, ground.force)], -1)
        forces = inverse(self.body, clip.qpos, clip.qvel, np.gradient(clip.qvel, 1.0 / RATE_HZ, axis=0), wrench)
        moments = -fold(self.body, clip.qpos, forces).reshape(clip.frames, 2, 7) / self.body.mass_kg
        joints = np.rad2deg(clip.qpos[:, self.body.joint_qpos]).reshape(clip.frames, 2, 7)
        curves = {n: joints[..., j] + (np.rad2deg(PELVIC_PLANE_RAD) if j == 0 else 0.0) for n, j in ANGLES.items()}
        curves |= {n: moments[..., j] for n, j in MOMENTS.items()}
        curves |= {n: ground.force[..., axis] / (9.81 * self.body.mass_kg) for n, axis in FORCES.items()}
        for name in (*MOMENTS, *FORCES):
            smooth = sosfiltfilt(LABORATORY, curves[name], axis=0)
            curves |= {name: smooth, f"{name}_ripple": curves[name] - smooth}
        curves["root"] = forces[:, 3:5]
        curves["sole"] = self.kinematics.sole_heights(clip.qpos).min(-1)
        curves["subtalar"] = joints[..., 5]
        force = ground.force[..., 2] + 1e-3
        push = (force * ground.centre[..., 0]).sum(1, keepdims=True) / force.sum(1, keepdims=True)
        curves["push"] = push - clip.landmarks[:, self.heels, 0]
        time_s, wanted = np.arange(clip.frames) / RATE_HZ, (0.25 + np.arange(SAMPLES) / SAMPLES) * self.stride_s
        found = {n: np.stack([np.interp(wanted, time_s, c) for c in v.T], 1) for n, v in curves.items()}
        return found | {"slide": np.maximum(slip(clip) - 0.02, 0.0)}

    def away(self, curves: Mapping[str, np.ndarray], name: str) -> np.ndarray:
        """(sample, 2) from the published mean, in SD."""
        band = self.bands[name]
        at = np.linspace(0.0, 100.0, len(band.mean))
        sd = np.maximum(np.interp(PERCENT, at, band.sd), LEAST_SD.get(name, 0.0))
        return np.asarray((curves[name] - np.interp(PERCENT, at, band.mean)) / sd)

    def residual(self, x: np.ndarray) -> np.ndarray:
        """What Gauss-Newton makes small; each part by the root of its length."""
        curves = self.walk(x)
        parts = []
        for name in self.bands:
            a = self.away(curves, name).ravel()
            pull, bound, far = (
                (0.35, 40.0, 0.8) if name in ANGLES else (0.35, 1.0, 0.7) if name in MOMENTS else (1.0, 2.5, 0.6)
            )
            weight = {"ground_force_anterior": 0.2, "ankle_plantarflexion_moment": 1.5}.get(name, 1.0)
            parts += [weight * pull * a, weight * bound * np.maximum(np.abs(a) - far, 0.0)]
            if name in LEAST_SD:
                parts += [weight * RIPPLE * curves[f"{name}_ripple"] / LEAST_SD[name]]
        load = "ground_force_vertical"
        a = BOTH_STAND * self.away({load: curves[load] + curves[f"{load}_ripple"]}, load)
        parts += [2.0 * a, 5.0 * np.maximum(np.abs(a) - 0.6, 0.0)]
        falls = np.where((PERCENT > 84.0) & (PERCENT < 98.5), (1.0 - PERCENT / 100.0) * self.stride_s * 0.24, 0.0)
        stands = (PERCENT > 1.5) & (PERCENT < 20.0)
        parts += [
            np.maximum(falls - curves["sole"], 0.0) / 0.004,
            stands * np.maximum(curves["sole"] - 0.001, 0.0) / 8e-4,
        ]
        parts += [curves["root"] / 12.0, 3.0 * np.maximum(np.abs(curves["subtalar"]) / 7.5 - 1.0, 0.0)]
        for least, *spells in ROLLS_M:
            early, late = (curves["push"][(low <= PERCENT) & (high > PERCENT)].mean() for low, high in spells)
            parts += [np.maximum(least - (late - early), 0.0) / 0.005]
        parts += [np.sqrt(np.mean(curves["slide"] ** 2)) / 0.003, 0.2 * (x - self.start) / self.scale]
        return np.concatenate([np.ravel(p) / np.sqrt(p.size) for p in parts])

    def inside(self, x: np.ndarray) -> dict[str, float]:
        """Share of the stride within one SD, by curve."""
        curves = self.walk(x)
        return {n: round(float((np.abs(self.away(curves, n)) <= 1.0).mean()), 2) for n in self.bands}


class Search(NamedTuple):
    """Where a search is: the numbers, their residual, Levenberg's damping, and how wide slopes are drawn."""

    x: np.ndarray
    found: np.ndarray
    damping: float = 0.02
    reach: float = 0.3

    def step(self, one: Column, rng: np.random.Generator) -> Search:
        """One of Levenberg–Marquardt, with slopes over drawn widths, for the motion has kinks."""
        x, found, damping, reach = self
        widths = reach * one.scale * np.exp(0.5 * rng.normal(size=len(x)))
        slopes = np.stack(
            [
                (one.residual(x + w * e) - one.residual(x - w * e)) / (2.0 * w)
                for w, e in zip(widths, np.eye(len(x)), strict=True)
            ],
            1,
        )
        normal = slopes.T @ slopes
        for _ in range(8):
            move = -np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-4), slopes.T @ found)
            tried = one.held(x + np.clip(move, -2.0 * one.scale, 2.0 * one.scale))
            if (new := one.residual(tried)) @ new < found @ found:
                return Search(tried, new, max(0.4 * damping, 1e-4), reach)
            damping *= 4.0
        return Search(x, found, 0.02, max(0.5 * reach, 0.04))


def main(norms: Path, column: int, out: Path, steps: int = 20, seed: int = 0) -> None:
    """Some 8 s a step; with none, what lies inside for the present tables."""
    one, rng = Column(norms, column), np.random.default_rng(seed)
    start = one.held(one.start)
    search = Search(start, one.residual(start))
    for step in range(steps + 1):
        search = search.step(one, rng) if step else search
        x, found = search.x, search.found
        print(json.dumps({"step": step, "residual": round(float(found @ found), 3), **one.inside(x)}), flush=True)
        tilt, angles, path, times, percents = one.split(x)
        events = {
            c: [[round(float(v), 1) for v in pair] for pair in zip(percents[c], angles[c], strict=True)] for c in angles
        }
        rows = [[*row, round(float(v), 2)] for row, v in zip(one.rows, path, strict=True)]
        whole = {"speed": one.speed, "tilt_deg": tilt, "events": events, "path": rows, "times_percent": times.tolist()}
        out.write_text(json.dumps(whole | {"inside": one.inside(x)}, indent=1))


if __name__ == "__main__":
    sys.exit(command(main))
