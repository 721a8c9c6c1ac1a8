import pytest

from kinesis.errors import KinesisError
from kinesis.view.engine import cut_engine, three_js


def test_the_engine_comes_with_its_licence_and_without_the_viewer_around_it():
    source = three_js()
    assert "Three.js Authors" in source[:120]
    assert "SPDX-License-Identifier: MIT" in source[:120]
    assert "WebGLRenderer" in source
    assert "$B64GLTF" not in source


@pytest.mark.parametrize("page", ["", "<script>// threejs.org/license\n(function(k){k.THREE={}})</script>"])
def test_a_viewer_of_another_form_is_refused(page):
    with pytest.raises(KinesisError, match=r"no three.js in the viewer of trimesh; got 9.9, expected trimesh 5"):
        cut_engine(page, "9.9")
