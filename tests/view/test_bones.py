import mujoco
import numpy as np
import pytest
from scipy.spatial import KDTree

from kinesis.body import legs80
from kinesis.view.bones import CELL_M, Mesh, bone_meshes, cluster


@pytest.fixture(scope="module")
def sphere() -> Mesh:
    """Unit sphere of radius 0.1 m from a grid of angles."""
    polar, around = np.meshgrid(np.linspace(0, np.pi, 60), np.linspace(0, 2 * np.pi, 120), indexing="ij")
    points = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], -1)
    corner = (np.arange(59)[:, None] * 120 + np.arange(119)).ravel()
    upper = np.stack([corner, corner + 120, corner + 1], 1)
    lower = np.stack([corner + 1, corner + 120, corner + 121], 1)
    return Mesh(0.1 * points.reshape(-1, 3), np.concatenate([upper, lower]))


def test_clustering_removes_faces_and_keeps_the_surface(sphere):
    simple = cluster(sphere, 0.02)
    assert len(simple.faces) < 0.2 * len(sphere.faces)
    assert np.abs(np.linalg.norm(simple.vertices, axis=1) - 0.1).max() < 0.003
    assert KDTree(simple.vertices).query(sphere.vertices)[0].max() < 0.03


def test_clustering_keeps_faces_turned_outwards(sphere):
    simple = cluster(sphere, 0.02)
    a, b, c = simple.vertices[simple.faces.T]
    assert ((np.cross(b - a, c - a) * a).sum(1) > 0).mean() > 0.99


def test_clustering_leaves_no_face_without_area_and_no_vertex_unused(sphere):
    simple = cluster(sphere, 0.03)
    assert (np.diff(np.sort(simple.faces, 1)) > 0).all()
    assert np.array_equal(np.unique(simple.faces), np.arange(len(simple.vertices)))


@pytest.mark.parametrize("geom", ["femur_r", "torso_geom_13", "foot_l", "pelvis_r", "hat_skull"])
def test_bones_stay_where_the_full_form_has_them(geom):
    model = legs80.full_model()
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    index, body = model.geom(geom).id, model.geom(geom).bodyid[0]
    start = model.mesh_vertadr[model.geom_dataid[index]]
    original = model.mesh_vert[start : start + model.mesh_vertnum[model.geom_dataid[index]]]
    original = original @ data.geom_xmat[index].reshape(3, 3).T + data.geom_xpos[index]
    drawn = bone_meshes()[model.body(body).name].vertices @ data.xmat[body].reshape(3, 3).T + data.xpos[body]
    assert KDTree(drawn).query(original)[0].max() < np.sqrt(3) * CELL_M


def test_the_whole_skeleton_is_light_enough_for_a_page():
    meshes = bone_meshes()
    assert {"head", "torso", "pelvis", "femur_r", "patella_l", "toes_r"} <= set(meshes)
    assert 15_000 < sum(len(mesh.faces) for mesh in meshes.values()) < 40_000
    assert CELL_M < 0.005
