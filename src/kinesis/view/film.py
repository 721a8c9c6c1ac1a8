"""The child of `video.py`: `python -m kinesis.view.film JOB.npz OUT.mp4`, with MUJOCO_GL set."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imageio.v2 as imageio
import mujoco
import numpy as np

from kinesis.body import legs80
from kinesis.view.colours import activation_rgb

FRAME_HZ = 30.0
BONE, GHOST, PAPER = (0.87, 0.83, 0.75, 1.0), (0.12, 0.50, 0.71, 0.28), (0.93, 0.945, 0.957)


def film(job: Path, out: Path) -> None:
    """Draw what `job` describes and write it to `out`."""
    writer: Any = imageio.get_writer(out, fps=FRAME_HZ, macro_block_size=2, quality=8)
    with np.load(job) as told, writer:
        for image in frames(told):
            writer.append_data(image)


def frames(told: np.lib.npyio.NpzFile) -> Iterator[np.ndarray]:
    """Images (height, width, 3) of uint8 at `FRAME_HZ`; told: what `video.py` saved."""
    qpos, reference, activation = told["qpos"], told["reference"], told["activation"]
    width, height = (int(side) for side in told["size"])
    model, camera = stage_model(width, height), mujoco.MjvCamera()
    data, ghost, options = mujoco.MjData(model), mujoco.MjData(model), _options(bool(told["muscles"]))
    camera.azimuth, camera.elevation, camera.distance = 125.0, -10.0, 3.7
    pace = float(told["rate_hz"]) / FRAME_HZ
    with mujoco.Renderer(model, height, width) as renderer:
        for frame in np.rint(np.arange(0, len(qpos), pace)).astype(int).clip(max=len(qpos) - 1):
            data.qpos[:] = qpos[frame]
            mujoco.mj_forward(model, data)
            if activation.size:
                paint_muscles(model, activation[frame])
            camera.lookat[:] = qpos[frame, 0], qpos[frame, 1], 0.88
            renderer.update_scene(data, camera, options)
            renderer.scene.flags[mujoco.mjtRndFlag.mjRND_FOG] = 1
            if reference.size:
                ghost.qpos[:] = reference[frame]
                mujoco.mj_kinematics(model, ghost)
                add_ghost(model, ghost, renderer.scene)
            yield renderer.render()


def stage_model(width: int, height: int) -> mujoco.MjModel:
    """The full form of the legs on a pale tiled ground, to be drawn at that size [pixel]."""
    spec = legs80.full_spec()
    _set_visual(spec.visual, width, height)
    _set_sky_and_ground(spec)
    _set_sun(spec)
    model = legs80.compile_spec(spec)
    bones = model.geom_type == mujoco.mjtGeom.mjGEOM_MESH
    model.geom_rgba[bones], model.geom_matid[bones] = BONE, -1
    force = model.actuator_gainprm[:, 2]
    model.tendon_width[model.actuator_trnid[:, 0]] = 0.0028 + 1.1e-4 * np.sqrt(force)
    paint_muscles(model, np.zeros(model.nu))
    return model


def paint_muscles(model: mujoco.MjModel, activation: np.ndarray) -> None:
    """Colour tendons by activation (muscle,), in place."""
    model.tendon_rgba[model.actuator_trnid[:, 0], :3] = activation_rgb(activation)
    model.tendon_rgba[:, 3], model.tendon_matid[:] = 1.0, -1


def add_ghost(model: mujoco.MjModel, ghost: mujoco.MjData, scene: mujoco.MjvScene) -> None:
    """Add the bones of `ghost` to the scene, translucent."""
    start, perturb = scene.ngeom, mujoco.MjvPerturb()
    mujoco.mjv_addGeoms(model, ghost, _options(muscles=False), perturb, mujoco.mjtCatBit.mjCAT_DYNAMIC, scene)
    for geom in scene.geoms[start : scene.ngeom]:
        geom.rgba[:] = GHOST
        geom.transparent = 1


def _options(muscles: bool) -> mujoco.MjvOption:
    """Bones and ground; no sites, wrapping surfaces or collision shapes."""
    options = mujoco.MjvOption()
    options.geomgroup[:] = [1, 1, 1, 0, 0, 1]
    options.sitegroup[:] = 0
    options.tendongroup[:] = int(muscles)
    return options


def _set_visual(visual: Any, width: int, height: int) -> None:
    """Size, lens, lamp, fog, and few triangles a tendon."""
    visual.global_.offwidth, visual.global_.offheight, visual.global_.fovy = width, height, 30.0
    visual.headlight.ambient, visual.headlight.diffuse = [0.5] * 3, [0.45] * 3
    visual.headlight.specular, visual.rgba.fog = [0.05] * 3, [*PAPER, 1.0]
    visual.map.fogstart, visual.map.fogend = 3.0, 12.0
    visual.quality.shadowsize, visual.quality.offsamples = 1024, 4
    visual.quality.numslices, visual.quality.numstacks = 10, 4


def _set_sun(spec: mujoco.MjSpec) -> None:
    """One light that goes along with the body."""
    for light in list(spec.lights):
        spec.delete(light)
    light = spec.body("pelvis").add_light(pos=[-1.0, 1.0, 3.5], dir=[0.3, -0.3, -1.0], diffuse=[0.45] * 3)
    light.mode, light.type = mujoco.mjtCamLight.mjCAMLIGHT_TRACK, mujoco.mjtLightType.mjLIGHT_DIRECTIONAL
    light.castshadow = True


def _set_sky_and_ground(spec: mujoco.MjSpec) -> None:
    for texture in [t for t in spec.textures if t.type == mujoco.mjtTexture.mjTEXTURE_SKYBOX]:
        spec.delete(texture)
    sky = spec.add_texture(name="paper", type=mujoco.mjtTexture.mjTEXTURE_SKYBOX, width=64, height=384)
    tiles = spec.add_texture(name="tiles", type=mujoco.mjtTexture.mjTEXTURE_2D, width=400, height=400)
    for texture in (sky, tiles):
        texture.builtin, texture.rgb1, texture.rgb2 = mujoco.mjtBuiltin.mjBUILTIN_FLAT, PAPER, PAPER
    tiles.mark, tiles.markrgb = mujoco.mjtMark.mjMARK_EDGE, [0.70, 0.75, 0.80]
    material = spec.add_material(name="tiles", texrepeat=[1.0, 1.0], texuniform=True, emission=0.3)
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "tiles"
    for geom in spec.geoms:
        if geom.name == "floor":
            geom.material, geom.size, geom.rgba = "tiles", [0.0, 0.0, 0.05], [1.0] * 4


if __name__ == "__main__":
    film(Path(sys.argv[1]), Path(sys.argv[2]))
