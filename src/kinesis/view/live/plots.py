"""The live viewer's plots: the last seconds up to the instant that is seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import viser
from viser import uplot

from kinesis.body import Body
from kinesis.view.colours import INK, LEFT, RIGHT
from kinesis.view.live.session import Frame, Session

WINDOW_S, MOST_POINTS = 4.0, 100
WIDTH_PX, HEIGHT_PX = 300, 150

Courses = Callable[[Sequence[Frame]], tuple[np.ndarray, ...]]
"""Frames to one course (frame,) a line."""


class Plots:
    """muscle: name without side of the muscle whose activation is drawn."""

    def __init__(self, server: viser.ViserServer, body: Body) -> None:
        """Make the empty plots, in the order in which they stand."""
        self._server, self.body, self.muscle = server, body, "soleus"
        self._panel = server.gui.add_panel()
        self._panel.dock_left()
        self._panel.set_width(WIDTH_PX)
        with self._panel.add_tab("Plots"):
            self._plots = self._add_all()

    def _add_all(self) -> list[tuple[viser.GuiUplotHandle, Courses]]:
        """A plot each, muscles last."""
        sides = (("right", RIGHT), ("left", LEFT))
        plots = [
            self._add("distance from wanted [mm]", (("mean", INK),), _distance),
            self._add("vertical ground force [N]", sides, self._ground_forces),
            self._add("right knee flexion [°]", (("is", RIGHT), ("wanted", INK)), self._knee),
        ]
        if self.body.actuation == "muscle":
            plots.append(self._add("activation of the chosen muscle", sides, self._activation, top=1.0))
        return plots

    def _add(
        self, title: str, lines: Sequence[tuple[str, str]], courses: Courses, top: float | None = None
    ) -> tuple[viser.GuiUplotHandle, Courses]:
        empty = np.zeros(2)
        handle = self._server.gui.add_uplot(
            (np.array([0.0, 1.0]), *(empty for _ in lines)),
            (uplot.Series(label="s"), *(uplot.Series(label=name, stroke=colour, width=2) for name, colour in lines)),
            title=title,
            scales={"x": uplot.Scale(time=False), **({"y": uplot.Scale(range=(0.0, top))} if top else {})},
            height=HEIGHT_PX,
        )
        return handle, courses

    def _ground_forces(self, frames: Sequence[Frame]) -> tuple[np.ndarray, ...]:
        upward = np.array([frame.ground_force[:, 2] for frame in frames])
        feet = self.body.feet
        return tuple(upward[:, [foot.endswith(side) for foot in feet]].sum(1) for side in ("_r", "_l"))

    def _knee(self, frames: Sequence[Frame]) -> tuple[np.ndarray, ...]:
        column = self.body.joint_qpos[self.body.joints.index("knee_angle_r")]
        angles = np.array([(frame.qpos[column], frame.reference[column]) for frame in frames])
        return tuple(np.rad2deg(angles).T)

    def _activation(self, frames: Sequence[Frame]) -> tuple[np.ndarray, ...]:
        columns = [self.body.actuators.index(f"{self.muscle}{side}") for side in ("_r", "_l")]
        return tuple(np.array([frame.activation[columns] for frame in frames], dtype=float).T)

    def show(self, session: Session) -> None:
        """Draw up to the instant that is seen."""
        count = round(WINDOW_S / session.step_s)
        frames = session.frames[max(0, session.at - count) : session.at + 1]
        picked = frames[:: -(-len(frames) // MOST_POINTS)] if len(frames) > 1 else [*frames, *frames]
        every = -(-len(frames) // MOST_POINTS)
        time_s = session.time_s - session.step_s * (len(frames) - 1 - every * np.arange(len(picked)))
        for handle, courses in self._plots:
            handle.data = (time_s, *courses(picked))

    def remove(self) -> None:
        """Take them away."""
        self._panel.remove()


def _distance(frames: Sequence[Frame]) -> tuple[np.ndarray, ...]:
    return (np.array([1e3 * frame.distance_m for frame in frames]),)
