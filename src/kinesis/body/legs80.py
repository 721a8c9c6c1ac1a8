"""The 80-muscle legs of `myo-sim`, in the three forms that the package uses.

*full* keeps every mesh (for drawing and for checking), *lean* keeps what physics and tasks read, and
*bones* drops the muscles too (for kinematics and for the torque form). All stand on one ground, the
plane z = 0, and touch it with the same ten foot geoms; leg-to-leg contacts are left out of every form.
"""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Iterator

import mujoco
from myo_sim.build.compose import build_spec

LANDMARKS = (
    "pelvis",
    *(f"{bone}_{side}" for side in "rl" for bone in ("femur", "tibia", "talus", "calcn", "toes")),
    "head",
)
TRACKED = ("pelvis", "tibia_r", "talus_r", "toes_r", "tibia_l", "talus_l", "toes_l")
JOINTS = tuple(
    f"{joint}_{side}"
    for side in "rl"
    for joint in (
        "hip_flexion",
        "hip_adduction",
        "hip_rotation",
        "knee_angle",
        "ankle_angle",
        "subtalar_angle",
        "mtp_angle",
    )
)
FEET = ("calcn_r", "toes_r", "calcn_l", "toes_l")
MUSCLE_GROUPS = {
    "hip flexors": ("iliacus", "psoas", "sart", "tfl"),
    "gluteus maximus": ("glmax1", "glmax2", "glmax3"),
    "gluteus medius": ("glmed1", "glmed2", "glmed3"),
    "gluteus minimus": ("glmin1", "glmin2", "glmin3"),
    "piriformis": ("piri",),
    "adductors": ("addbrev", "addlong", "addmagDist", "addmagIsch", "addmagMid", "addmagProx", "grac"),
    "hamstrings": ("bflh", "bfsh", "semimem", "semiten"),
    "quadriceps": ("recfem", "vasint", "vaslat", "vasmed"),
    "plantarflexors": ("gaslat", "gasmed", "soleus"),
    "dorsiflexors": ("tibant", "edl", "ehl"),
    "peronei": ("perbrev", "perlong"),
    "deep calf": ("tibpost", "fdl", "fhl"),
}


def full_spec() -> mujoco.MjSpec:
    """Editable specification with meshes, on the plane z = 0, feet-to-ground contacts only."""
    with _quiet():
        spec = build_spec("myolegs")
    for pair in list(spec.pairs):
        spec.delete(pair)
    for geom in list(spec.geoms):
        if geom.name == "floor":
            geom.pos = [0.0, 0.0, 0.0]
            geom.margin = 0.001
        elif geom.parent is spec.worldbody or geom.parent.name == "world":
            spec.delete(geom)
        elif not _is_sole(geom):
            geom.contype = geom.conaffinity = 0
    for sensor in list(spec.sensors):
        spec.delete(sensor)
    for actuator in spec.actuators:
        actuator.actlimited = True
        actuator.actrange = [0.0, 1.0]
    return spec


def compile_spec(spec: mujoco.MjSpec) -> mujoco.MjModel:
    """Compile without the engine's complaint about `myo-sim`'s empty attachment prefixes."""
    with _quiet():
        return spec.compile()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence that complaint, which reaches both Python's warnings and the C library's standard error."""
    mujoco.set_mju_user_warning(lambda _message: None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        mujoco.set_mju_user_warning(None)


def _is_sole(geom: mujoco.MjsGeom) -> bool:
    return "foot_col" in geom.name


@functools.cache
def full_model() -> mujoco.MjModel:
    """Compiled full form. Meshes and all sites kept."""
    return compile_spec(full_spec())


def lean_spec() -> mujoco.MjSpec:
    """Specification for stepping: bones with written-out inertias, wraps, muscles, soles, ground.

    Adds one sensor per foot segment (`FEET` order): net force of contact [N] and its centre [m], world frame.
    """
    full, spec = full_model(), full_spec()
    used_sites, used_geoms = _wrapped(full)
    for site in list(spec.sites):
        if site.name not in used_sites:
            spec.delete(site)
    for body in spec.bodies:
        if body.name in ("", "world"):
            continue
        index = full.body(body.name).id
        body.mass = full.body_mass[index]
        body.ipos, body.iquat = full.body_ipos[index], full.body_iquat[index]
        body.inertia = full.body_inertia[index]
        body.explicitinertial = True
    for geom in list(spec.geoms):
        if not (geom.name in used_geoms or geom.name == "floor" or _is_sole(geom)):
            spec.delete(geom)
        else:
            geom.material = ""
    for collection in (spec.cameras, spec.lights, spec.keys):
        for element in list(collection):
            spec.delete(element)
    for collection in (spec.materials, spec.textures, spec.meshes):
        for element in list(collection):
            spec.delete(element)
    for foot in FEET:
        spec.add_sensor(
            name=f"ground_force_{foot}",
            type=mujoco.mjtSensor.mjSENS_CONTACT,
            objtype=mujoco.mjtObj.mjOBJ_BODY,
            objname=foot,
            reftype=mujoco.mjtObj.mjOBJ_GEOM,
            refname="floor",
            intprm=[2 + 16, 3, 1],  # data: force and place; reduce: net force (world frame); one slot
        )
    return spec


def bones_spec() -> mujoco.MjSpec:
    """The lean form without muscles, wraps and sites."""
    spec = lean_spec()
    for collection in (spec.actuators, spec.tendons, spec.sites):
        for element in list(collection):
            spec.delete(element)
    for geom in list(spec.geoms):
        if not (geom.name == "floor" or _is_sole(geom)):
            spec.delete(geom)
    return spec


def _wrapped(model: mujoco.MjModel) -> tuple[set[str], set[str]]:
    """Names of the sites and geoms that tendons pass through or around."""
    sites, geoms = set(), set()
    for code, target, side in zip(model.wrap_type, model.wrap_objid, model.wrap_prm, strict=True):
        kind = mujoco.mjtWrap(int(code))
        if kind == mujoco.mjtWrap.mjWRAP_SITE:
            sites.add(model.site(target).name)
        elif kind in (mujoco.mjtWrap.mjWRAP_SPHERE, mujoco.mjtWrap.mjWRAP_CYLINDER):
            geoms.add(model.geom(target).name)
            if side >= 0:
                sites.add(model.site(int(side)).name)
    return sites, geoms


STEP, STEP_HALF_M = "step", (25.0, 25.0, 0.5)
_GROUND = ("contype", "conaffinity", "condim", "friction", "solref", "solimp", "margin")


def with_step(spec: mujoco.MjSpec) -> mujoco.MjSpec:
    """Add a box of ground, `STEP`, buried deep until a model's `geom_pos` says where; feet sense it as ground."""
    floor = spec.geom("floor")
    box = spec.worldbody.add_geom(
        name=STEP, type=mujoco.mjtGeom.mjGEOM_BOX, size=STEP_HALF_M, pos=[0.0, 0.0, -100.0], quat=[0.8, 0.0, 0.0, 0.6]
    )
    for attribute in _GROUND:
        setattr(box, attribute, getattr(floor, attribute))
    for sensor in spec.sensors:
        if sensor.type == mujoco.mjtSensor.mjSENS_CONTACT:
            sensor.reftype, sensor.refname = mujoco.mjtObj.mjOBJ_BODY, "world"
    spec.option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_MIDPHASE)  # its tree is that of the buried box
    return spec


USER_DATA = 1 + 2 * 80
"""Numbers a model can be given at every step for a native controller: its code, then its targets."""


def with_user_data(spec: mujoco.MjSpec) -> mujoco.MjSpec:
    """Reserve room for a controller's targets."""
    spec.nuserdata = USER_DATA
    return spec
