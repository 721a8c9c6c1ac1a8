"""What the live viewer draws: bones, ghost, muscles, forces and trails, as nodes of a viser scene."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import trimesh
import viser

from kinesis.body import Body
from kinesis.view.colours import GHOST, INK, LEFT, RIGHT, activation_rgb, rgb
from kinesis.view.live.pose import Poser, rods
from kinesis.view.live.session import Frame

WORLD, BODY = "/world", "/body"
BONE, FORCE = (222, 212, 191), (20, 120, 95)
METRES_A_NEWTON, LEAST_FORCE_N = 1e-3, 10.0
TRAIL_S, TRAIL_POINTS = 2.0, 40
TRAILS = {"pelvis": INK, "toes_r": RIGHT, "toes_l": LEFT}
PARTS = ("muscles", "ghost", "forces", "trails")
"""What can be shown and hidden."""

_FAR_BELOW = np.array([0.0, 0.0, -50.0])


class Stage:
    """The nodes of one body, shifted so that the body stays in the middle while everybody orbits as they like.

    shown: which of `PARTS` are drawn. follow: whether the body stays in the middle.
    """

    def __init__(self, server: viser.ViserServer, body: Body) -> None:
        """Send everything that does not change, once."""
        self._server, self.body, self.poser = server, body, Poser(body)
        self.shown, self.follow = dict.fromkeys(PARTS, True), True
        scene = server.scene
        self._world = scene.add_frame(WORLD, show_axes=False)
        self._body = scene.add_frame(BODY, show_axes=False)
        scene.add_grid(
            f"{WORLD}/ground",
            infinite_grid=True,
            cell_color=(214, 220, 226),
            section_color=(176, 186, 196),
            fade_distance=14.0,
            plane_color=(244, 246, 248),
            plane_opacity=1.0,
        )
        self.bones = [
            scene.add_mesh_simple(f"{BODY}/bones/{name}", mesh.vertices, mesh.faces, color=BONE)
            for name, mesh in self.poser.meshes.items()
        ]
        self._ghost = [
            scene.add_mesh_simple(
                f"{BODY}/ghost/{name}",
                mesh.vertices,
                mesh.faces,
                color=rgb(GHOST),
                opacity=0.28,
                cast_shadow=False,
                receive_shadow=False,
            )
            for name, mesh in self.poser.meshes.items()
        ]
        self._muscles = self._add_muscles()
        self._forces = scene.add_arrows(
            f"{BODY}/forces",
            np.zeros((len(body.feet), 2, 3)),
            FORCE,
            shaft_radius=0.008,
            head_radius=0.02,
            head_length=0.05,
        )
        colours = np.repeat([rgb(colour) for colour in TRAILS.values()], TRAIL_POINTS - 1, 0)
        self._trails = scene.add_line_segments(
            f"{BODY}/trails",
            np.zeros((len(colours), 2, 3), np.float32),
            np.repeat(np.round(255.0 * colours).astype(np.uint8)[:, None], 2, 1),
            thickness=2.5,
            thickness_units="screen",
        )
        self._feet = [body.landmarks.index(name) for name in body.feet]
        self._trailing = [body.landmarks.index(name) for name in TRAILS]

    def _add_muscles(self) -> viser.BatchedMeshHandle | None:
        """Rods, one a segment; None for a body without muscles."""
        count = len(self.poser.muscle)
        if not count:
            return None
        rod = trimesh.creation.cylinder(radius=1.0, height=1.0, sections=7)
        return self._server.scene.add_batched_meshes_simple(
            f"{BODY}/muscles",
            np.asarray(rod.vertices),
            np.asarray(rod.faces),
            np.tile([1.0, 0.0, 0.0, 0.0], (count, 1)),
            np.zeros((count, 3)),
            batched_scales=np.zeros((count, 3)),
            batched_colors=np.zeros((count, 3), np.uint8),
            lod="off",
            cast_shadow=False,
            receive_shadow=False,
        )

    def show(self, frame: Frame) -> None:
        """Draw an instant, trails aside."""
        pose = self.poser.at(frame.qpos, muscles=self.shown["muscles"])
        shift = self._shift(frame)
        with self._server.atomic():
            self._world.position = shift
            _place(self.bones, pose.position + shift, pose.wxyz)
            if self.shown["ghost"]:
                wanted = self.poser.at(frame.reference, muscles=False)
                _place(self._ghost, wanted.position + shift, wanted.wxyz)
            if self.shown["forces"]:
                self._forces.points = (self._arrows(frame) + shift).astype(np.float32)
            if self._muscles is not None and self.shown["muscles"]:
                position, wxyz, scale = rods(pose.segments + shift, self.poser.radius)
                colours = np.round(255.0 * activation_rgb(frame.activation)).astype(np.uint8)
                self._muscles.batched_positions, self._muscles.batched_wxyzs = position, wxyz
                self._muscles.batched_scales, self._muscles.batched_colors = scale, colours[self.poser.muscle]

    def show_trails(self, frames: Sequence[Frame], step_s: float) -> None:
        """Draw where pelvis and toes have been; frames: up to now, the last one now."""
        if not self.shown["trails"]:
            return
        back = np.linspace(-TRAIL_S / step_s, 0, TRAIL_POINTS).round().astype(int)
        picked = np.stack([frames[max(len(frames) - 1 + i, 0)].landmarks[self._trailing] for i in back], 1)
        picked = picked + self._shift(frames[-1])
        self._trails.points = np.stack([picked[:, :-1], picked[:, 1:]], 2).reshape(-1, 2, 3).astype(np.float32)

    def toggle(self, part: str, *, shown: bool) -> None:
        """Show or hide one of `PARTS`."""
        self.shown[part] = shown
        nodes = {"ghost": self._ghost, "forces": [self._forces], "trails": [self._trails]}
        nodes["muscles"] = [] if self._muscles is None else [self._muscles]
        for node in nodes[part]:
            node.visible = shown

    def remove(self) -> None:
        """Take everything away."""
        self._world.remove()
        self._body.remove()

    def _shift(self, frame: Frame) -> np.ndarray:
        """(3,) from the world to the scene [m]."""
        return np.array([-frame.qpos[0], -frame.qpos[1], 0.0]) if self.follow else np.zeros(3)

    def _arrows(self, frame: Frame) -> np.ndarray:
        """(foot, 2, 3) from under each foot segment; what bears next to nothing lies out of sight."""
        start = frame.landmarks[self._feet] * [1.0, 1.0, 0.0]
        arrows = np.stack([start, start + METRES_A_NEWTON * frame.ground_force], 1)
        arrows[np.linalg.norm(frame.ground_force, axis=-1) < LEAST_FORCE_N] = _FAR_BELOW
        return arrows


def _place(nodes: Sequence[viser.MeshHandle], position: np.ndarray, wxyz: np.ndarray) -> None:
    for node, place, turn in zip(nodes, position, wxyz, strict=True):
        node.position, node.wxyz = place, turn
