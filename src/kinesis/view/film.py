"""The child of `video.py`: `python -m kinesis.view.film JOB.npz OUT`, with MUJOCO_GL set; OUT ends in .mp4 or .gif.

After each picture it says on standard output how many are drawn, of how many.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import imageio.v2 as imageio
import mujoco
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from kinesis.body import legs80
from kinesis.view.colours import activation_rgb

FRAME_HZ = {".mp4": 30.0, ".gif": 20.0}
"""Of each kind of film; a gif tells time in hundredths of a second."""

BONE, GHOST, PAPER = (0.87, 0.83, 0.75, 1.0), (0.12, 0.50, 0.71, 0.28), (0.93, 0.945, 0.957)
CAPTION_SHARE, INK = 0.045, (24, 34, 44)
"""Height of a caption's letters, of the picture's height."""


def film(job: Path, out: Path) -> None:
    """Draw what `job` describes, shots side by side, and write it to `out`."""
    rate_hz = FRAME_HZ[out.suffix]
    with np.load(job) as told, _writer(out, rate_hz) as writer:
        shots = range(int(told["shots"]))
        total = max(len(instants(told, index, rate_hz)) for index in shots)
        for done, images in enumerate(side_by_side([frames(told, index, rate_hz) for index in shots]), 1):
            writer.append_data(np.concatenate(images, axis=1))
            sys.stdout.write(f"{done} {total}\n")
            sys.stdout.flush()


def _writer(out: Path, rate_hz: float) -> Any:
    if out.suffix == ".gif":
        return imageio.get_writer(out, duration=1000.0 / rate_hz, loop=0)
    return imageio.get_writer(out, fps=rate_hz, macro_block_size=2, quality=8)


def side_by_side(shots: Sequence[Iterator[np.ndarray]]) -> Iterator[list[np.ndarray]]:
    """One image of every shot at a time, until the longest ends; those that ended stand still."""
    seen: list[np.ndarray | None] = [None] * len(shots)
    while True:
        images = [next(shot, None) for shot in shots]
        if all(image is None for image in images):
            return
        seen = [old if new is None else new for old, new in zip(seen, images, strict=True)]
        yield [image for image in seen if image is not None]


def instants(told: np.lib.npyio.NpzFile, index: int, rate_hz: float) -> np.ndarray:
    """Frames (picture,) of one shot that are drawn, to film it at rate_hz."""
    count, pace = len(told[f"qpos_{index}"]), float(told[f"rate_hz_{index}"]) / rate_hz
    return np.rint(np.arange(0, count, pace)).astype(int).clip(max=count - 1)


def frames(told: np.lib.npyio.NpzFile, index: int, rate_hz: float) -> Iterator[np.ndarray]:
    """Images (height, width, 3) of uint8 of one shot at rate_hz; told: what `video.py` saved."""
    qpos, reference, activation = (told[f"{name}_{index}"] for name in ("qpos", "reference", "activation"))
    width, height = (int(side) for side in told["size"])
    model, camera = stage_model(width, height), mujoco.MjvCamera()
    data, ghost = mujoco.MjData(model), mujoco.MjData(model)
    options, caption = _options(bool(told[f"muscles_{index}"])), str(told[f"caption_{index}"])
    camera.azimuth, camera.elevation, camera.distance = 125.0, -10.0, 3.7
    with mujoco.Renderer(model, height, width) as renderer:
        for frame in instants(told, index, rate_hz):
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
            yield captioned(renderer.render(), caption)


def captioned(image: np.ndarray, caption: str) -> np.ndarray:
    """The image (height, width, 3) with lines of words in its upper left corner, cut where they would not fit."""
    if not caption:
        return image
    height, width = image.shape[:2]
    size = max(10, round(CAPTION_SHARE * height))
    font, picture = ImageFont.load_default(size), Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(caption.splitlines()):
        while line and draw.textlength(line, font) > width - size:
            line = f"{line.rstrip('…')[:-1]}…" if len(line) > 1 else ""
        draw.text((0.5 * size, (0.4 + 1.25 * row) * size), line, INK, font)
    return np.asarray(picture)


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
