"""The doctor looks at everything, names what is broken and the line that mends it, and never dies of a fault."""

import json
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from kinesis.body import BODIES
from kinesis.cli import checkup, main
from kinesis.cli.checkup import CHECKS, Finding
from kinesis.errors import KinesisError
from kinesis.learn import checkpoint
from kinesis.view import video

Checks = dict[str, object]


def found(check: str) -> list[Finding]:
    return list(CHECKS[check]())


def without_package(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    version = metadata.version

    def missing(asked: str) -> str:
        if asked == name:
            raise metadata.PackageNotFoundError(asked)
        return version(asked)

    monkeypatch.setattr(metadata, "version", missing)


def test_versions_name_what_counts_and_fit() -> None:
    findings = {finding.check: finding for finding in found("versions")}
    assert findings.keys() >= {"python", "kinesis", "mujoco", "torch", "rsl-rl-lib", "numba", "numpy"}
    assert all(finding.state != "broken" for finding in findings.values())
    assert findings["mujoco"].found == metadata.version("mujoco")
    assert "pytest" not in findings


def test_a_package_that_is_missing_is_broken_and_an_extra_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    without_package(monkeypatch, "torch")
    torch = next(finding for finding in found("versions") if finding.check == "torch")
    assert (torch.state, torch.mend) == ("broken", 'pip install "torch>=2.6"')
    monkeypatch.undo()
    without_package(monkeypatch, "ezc3d")
    ezc3d = next(finding for finding in found("versions") if finding.check == "ezc3d")
    assert (ezc3d.state, ezc3d.mend) == ("note", 'pip install "kinesis[c3d]"')


def test_a_version_that_does_not_fit_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "4.0.0" if name == "mujoco" else version(name))
    mujoco = next(finding for finding in found("versions") if finding.check == "mujoco")
    assert mujoco.state == "broken"
    assert mujoco.mend == 'pip install "mujoco<4,>=3.11"'


def test_the_engine_steps_every_body() -> None:
    engine = found("engine")
    assert [finding.state for finding in engine] == ["ok"] * len(BODIES.names())
    assert "legs80, 80 actuators" in engine[0].found


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu.max": "rubbish"}, None),
        ({"cpu/cpu.cfs_quota_us": "200000", "cpu/cpu.cfs_period_us": "100000"}, 2.0),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({}, None),
    ],
)
def test_the_quota_of_a_container_is_read(tmp_path: Path, files: dict[str, str], cores: float | None) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert checkup.core_quota(tmp_path) == cores


def test_fewer_cores_than_there_are_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup.os, "cpu_count", lambda: 64)
    monkeypatch.setattr(checkup.os, "sched_getaffinity", lambda pid: {0, 1})
    monkeypatch.setattr(checkup, "core_quota", lambda: 1.5)
    (cores,) = found("cores")
    assert cores.state == "note"
    assert cores.found.startswith("1.5 of 64 usable (affinity 2, quota 1.5)")
    assert cores.mend


def test_a_process_bound_to_some_cores_without_a_quota_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup.os, "cpu_count", lambda: 64)
    monkeypatch.setattr(checkup.os, "sched_getaffinity", lambda pid: {0})
    monkeypatch.setattr(checkup, "core_quota", lambda: None)
    (cores,) = found("cores")
    assert cores.found.startswith("1 of 64 usable (affinity 1)")


def test_without_gl_the_package_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_backend() -> str:
        raise KinesisError("video needs OpenGL without a screen")

    monkeypatch.setattr(video, "offscreen_backend", no_backend)
    gl = found("gl")[0]
    assert (gl.state, gl.mend) == ("note", "apt-get install libosmesa6")


def test_the_shipped_policies_are_for_this_body() -> None:
    assert {finding.state for finding in found("policies")} == {"ok"}


def test_a_policy_of_another_body_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    card = {"task": {"body": "legs80"}, "fingerprint": "0123456789abcdef", "engine": "3.12.0", "kinesis": "0.0.9"}
    monkeypatch.setattr(checkpoint, "read_tensors", lambda path: ({}, card))
    policy = found("policies")[0]
    assert policy.state == "broken"
    assert "made for legs80 0123456789abcdef" in policy.found
    assert policy.mend == 'pip install "mujoco==3.12.0" "kinesis==0.0.9"'


def test_a_policy_that_cannot_be_read_does_not_hide_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for shipped in checkpoint.SHIPPED.glob("*.safetensors"):
        (tmp_path / shipped.name).symlink_to(shipped)
    (tmp_path / "a.safetensors").write_bytes(b"rubbish")
    monkeypatch.setattr(checkpoint, "SHIPPED", tmp_path)
    first, *others = found("policies")
    assert (first.check, first.state) == ("policy a", "broken")
    assert "a.safetensors" in first.found
    assert {other.state for other in others} == {"ok"}


@pytest.mark.parametrize(
    ("raw", "efficiency", "state", "mend"),
    [
        (20_000, 0.80, "ok", ""),
        (20_000, 0.20, "note", "export OMP_NUM_THREADS=1"),
        (900, 0.80, "note", "run it again while nothing else runs"),
    ],
)
def test_speed_is_judged_against_the_reference(raw: int, efficiency: float, state: str, mend: str) -> None:
    row = {"raw_steps_per_s": raw, "control_steps_per_s": raw * efficiency / 3, "efficiency": efficiency}
    finding = checkup.judged_speed(row, cores=2)
    assert (finding.state, finding.mend) == (state, mend)


def dies() -> Iterator[Finding]:
    raise OSError("libGL.so.1: cannot open\nmore")


def fine() -> Iterator[Finding]:
    yield Finding("fine", "ok", "all well")


def test_a_check_that_dies_is_a_finding_and_the_exit_code_is_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checkup, "CHECKS", {"engine": dies, "fine": fine})
    assert main(["doctor", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    assert report["broken"] == ["engine"]
    assert report["findings"][0]["found"] == "OSError: libGL.so.1: cannot open"
    assert report["findings"][1] == {"check": "fine", "state": "ok", "found": "all well", "mend": ""}


def test_findings_are_printed_with_the_line_that_mends_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def note() -> Iterator[Finding]:
        yield Finding("gl", "note", "no EGL", "apt-get install libosmesa6")

    monkeypatch.setattr(checkup, "CHECKS", {"gl": note, "fine": fine})
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    assert "→ apt-get install libosmesa6" in printed
    assert "nothing essential is broken" in printed


def test_the_whole_checkup_finds_this_machine_sound(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checkup, "SPEED_SECONDS", 0.1)
    assert main(["doctor", "--json"]) == 0
    checks = [finding["check"] for finding in json.loads(capsys.readouterr().out)["findings"]]
    assert checks[0] == "python"
    assert checks[-1] == "speed"
