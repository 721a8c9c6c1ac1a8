"""A registry keeps what was entered and helps with what was not."""

import doctest

import pytest

from kinesis import registry
from kinesis.errors import KinesisError, UnknownName
from kinesis.registry import Registry


@pytest.fixture
def shapes() -> Registry[type]:
    filled: Registry[type] = Registry("shape")
    filled.register("square")(list)
    filled.register("circle")(set)
    return filled


def test_docstring_examples_run() -> None:
    assert doctest.testmod(registry).failed == 0


def test_entries_come_back_by_name_in_order(shapes: Registry[type]) -> None:
    assert shapes.names() == ("square", "circle")
    assert shapes.get("circle") is set
    assert "square" in shapes
    assert "triangle" not in shapes


def test_unknown_name_suggests_the_nearest(shapes: Registry[type]) -> None:
    with pytest.raises(UnknownName, match=r"there is no shape 'squre'; did you mean square\?"):
        shapes.get("squre")


def test_a_taken_name_is_refused_and_the_first_entry_stays(shapes: Registry[type]) -> None:
    with pytest.raises(KinesisError, match="'circle' is registered twice"):
        shapes.register("circle")(dict)
    assert shapes.get("circle") is set
