"""Everything flows one way: a room imports only from rooms to its left."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import kinesis

ROOMS = ("body", "motion", "sim", "command", "task", "learn", "evaluate", "analysis", "view", "cli")
FOUNDATION = ("errors", "registry", "rotations", "__init__")
PACKAGE = Path(kinesis.__file__).parent
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def rank(room: str) -> int:
    """Place in the order; what lies below all rooms comes before the first."""
    return -1 if room in FOUNDATION else ROOMS.index(room)


def room_of(module: Path) -> str:
    return module.parts[0].removesuffix(".py")


def imported_rooms(source: str, module: Path) -> Iterator[tuple[int, str]]:
    """Line and room (or foundation module) of every import of this package, wherever it stands."""
    package = ["kinesis", *module.parent.parts]
    for node in ast.walk(ast.parse(source)):
        targets: list[str] = []
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            stem = package[: len(package) + 1 - node.level] if node.level else []
            stem = [*stem, *(node.module.split(".") if node.module else [])]
            targets = [".".join([*stem, alias.name]) for alias in node.names]
        for target in targets:
            root, _, rest = target.partition(".")
            name = rest.partition(".")[0]
            if root == "kinesis" and name and name != "__version__":
                yield node.lineno, name


def backward_imports(source: str, module: Path) -> list[str]:
    """One sentence for each import that goes against the order, or to a place that is not in it."""
    here, faults = room_of(module), []
    for line, room in imported_rooms(source, module):
        if room not in (*ROOMS, *FOUNDATION):
            faults.append(f"{module}:{line}: {room} is in no known room")
        elif rank(room) > rank(here):
            faults.append(f"{module}:{line}: {here} imports {room}, which comes after it")
    return faults


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_module_stands_in_a_room_and_imports_only_from_the_left(module: Path) -> None:
    assert room_of(module) in (*ROOMS, *FOUNDATION), f"{module} is in no known room"
    assert backward_imports((PACKAGE / module).read_text(encoding="utf-8"), module) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sim/cpu.py", "from kinesis.task.env import Env"),
        ("sim/cpu.py", "import kinesis.learn.train as train"),
        ("sim/cpu.py", "from kinesis import view"),
        ("sim/cpu.py", "from ..evaluate import metrics"),
        ("sim/cpu.py", "from .. import cli"),
        ("motion/readers/opensim.py", "from ...sim.cpu import step"),
        ("motion/__init__.py", "from ..command import follow"),
        ("body/legs80.py", "def late():\n    from kinesis.motion.clip import Clip"),
        ("body/legs80.py", "if TYPE_CHECKING:\n    from kinesis.motion import Clip"),
        ("errors.py", "import kinesis.body"),
        ("__init__.py", "from .body import Body"),
        ("task/env.py", "from kinesis.toolbox import anything"),
    ],
)
def test_a_backward_import_is_found_however_it_is_written(module: str, source: str) -> None:
    assert len(backward_imports(source, Path(module))) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sim/cpu.py", "from kinesis.body import Body\nfrom kinesis.motion.clip import Clip\nimport mujoco"),
        ("sim/cpu.py", "from .backend import Backend\nfrom . import backend\nfrom ..body import Body"),
        ("motion/readers/opensim.py", "from ..clip import Clip\nfrom ...errors import KinesisError"),
        ("cli/__init__.py", "from kinesis import __version__\nfrom kinesis.view import web"),
        ("registry.py", "from kinesis.errors import KinesisError"),
    ],
)
def test_a_forward_import_is_let_through(module: str, source: str) -> None:
    assert backward_imports(source, Path(module)) == []
