"""The command line starts light and refuses in one sentence."""

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from types import ModuleType

import pytest

from kinesis import __version__, cli
from kinesis.cli.analyse import ANALYSES
from kinesis.errors import KinesisError

HEAVY = ("torch", "mujoco", "numba", "numpy", "scipy", "matplotlib", "viser")
"""Each takes longer to import than help may take."""

Verb = Callable[[Sequence[str]], int]
InstallVerb = Callable[[Verb], None]


@pytest.fixture
def install_verb(monkeypatch: pytest.MonkeyPatch) -> InstallVerb:
    """Put a stand-in behind `kinesis demo`."""

    def install(verb_main: Verb) -> None:
        module = ModuleType("kinesis.cli.demo")
        module.main = verb_main  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "kinesis.cli.demo", module)

    return install


def failing_with(error: BaseException) -> Verb:
    def verb_main(argv: Sequence[str]) -> int:
        raise error

    return verb_main


@pytest.mark.parametrize("argv", [["--help"], ["-h"], []])
def test_help_names_every_verb(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(argv) == 0
    printed = capsys.readouterr().out
    assert all(f"  {verb} " in printed for verb in cli.VERBS)


def test_version_is_the_package_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"kinesis {__version__}\n"


def test_help_imports_nothing_heavy() -> None:
    heavy = ("torch", "mujoco", "scipy", "numpy", "tyro", "rich", "matplotlib", "gymnasium", "numba")
    source = f"""
import sys
from kinesis.cli import main
main(["--help"])
sys.exit(", ".join(sorted(set(sys.modules) & set({heavy!r}))))
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


HELPS = [
    *([verb] for verb in cli.VERBS if verb not in ("analyse", "data")),
    ["analyse"],
    *(["analyse", analysis] for analysis in ANALYSES),
    ["data"],
    ["data", "kit"],
    ["data", "folder"],
]


@pytest.mark.parametrize("command", HELPS, ids=" ".join)
def test_help_of_every_verb_is_printed_without_torch_or_an_engine(command: list[str]) -> None:
    source = f"""
import sys
from kinesis.cli import main
try:
    main([*{command!r}, "--help"])
except SystemExit as end:
    assert not end.code, end
print("HEAVY", *sorted(set(sys.modules) & set({HEAVY!r})))
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"usage: kinesis {' '.join(command)} ")
    assert done.stdout.splitlines()[-1] == "HEAVY"


def test_help_takes_less_than_half_a_second_beyond_the_interpreter() -> None:
    def seconds(source: str) -> float:
        """Processor time, which others on the machine do not lengthen."""
        before = os.times()
        subprocess.run([sys.executable, "-c", source], capture_output=True, check=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    with_help = [seconds("from kinesis.cli import main; main(['--help'])") for _ in range(3)]
    assert statistics.median(with_help) - seconds("pass") < 0.5


def test_unknown_verb_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["trian"]) == 2
    assert capsys.readouterr().err == "kinesis: there is no verb 'trian'; did you mean train?\n"


def test_missing_verb_module_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(cli.VERBS, "dance", ("kinesis.cli.dance", "not yet"))
    assert cli.main(["dance"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_verb_gets_the_rest_and_gives_the_exit_code(install_verb: InstallVerb) -> None:
    seen: list[str] = []

    def verb_main(argv: Sequence[str]) -> int:
        seen.extend(argv)
        return 7

    install_verb(verb_main)
    assert cli.main(["demo", "--motion", "walk.mot"]) == 7
    assert seen == ["--motion", "walk.mot"]


def test_a_refusal_is_printed_as_its_sentence(install_verb: InstallVerb, capsys: pytest.CaptureFixture[str]) -> None:
    install_verb(failing_with(KinesisError("file is empty", where="walk.mot")))
    assert cli.main(["demo"]) == 2
    assert capsys.readouterr().err == "kinesis: walk.mot: file is empty.\n"


def test_an_interrupt_ends_quietly(install_verb: InstallVerb, capsys: pytest.CaptureFixture[str]) -> None:
    install_verb(failing_with(KeyboardInterrupt()))
    assert cli.main(["demo"]) == 130
    assert capsys.readouterr().err == "kinesis: interrupted.\n"


def test_who_reads_no_further_ends_it_quietly() -> None:
    source = """
import sys
from types import ModuleType
from kinesis.cli import main
sys.modules["kinesis.cli.demo"] = verb = ModuleType("kinesis.cli.demo")
verb.main = lambda argv: print("x" * 10**6) or 0
sys.exit(main(["demo"]))
"""
    command = [sys.executable, "-c", source]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as talker:
        assert talker.stdout
        assert talker.stderr
        talker.stdout.read(10)
        talker.stdout.close()
        assert talker.stderr.read() == b""
        assert talker.wait() == 141


@pytest.mark.parametrize("error", [ValueError("bug"), ModuleNotFoundError("no ezc3d", name="ezc3d"), BrokenPipeError()])
def test_a_fault_of_the_program_is_not_hidden(install_verb: InstallVerb, error: Exception) -> None:
    install_verb(failing_with(error))
    with pytest.raises(type(error)):
        cli.main(["demo"])
