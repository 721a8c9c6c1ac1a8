"""The command line starts light and refuses in one sentence."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import ModuleType

import pytest

from kinesis import __version__, cli
from kinesis.errors import KinesisError

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


def test_help_takes_less_than_half_a_second_beyond_the_interpreter() -> None:
    def seconds(source: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", source], capture_output=True, check=True)
        return time.perf_counter() - start

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


@pytest.mark.parametrize("error", [ValueError("bug"), ModuleNotFoundError("no ezc3d", name="ezc3d")])
def test_a_fault_of_the_program_is_not_hidden(install_verb: InstallVerb, error: Exception) -> None:
    install_verb(failing_with(error))
    with pytest.raises(type(error)):
        cli.main(["demo"])
