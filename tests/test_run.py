"""``run.py`` and ``bootstrap.py``: what happens before the virtual environment."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

import bootstrap
import run
from bpjs_service.embedded.problems import Exit

OLD_PYTHONS = [
    python
    for version in ("2.7", "3.4", "3.6", "3.8", "3.10")
    for python in sorted(Path(sys.base_prefix).parent.glob(f"{version}*/bin/python"))
]


@pytest.fixture
def repository(monkeypatch, tmp_path):
    """An empty clone with one pinned package."""
    monkeypatch.setattr(bootstrap, "REPOSITORY", tmp_path)
    monkeypatch.setattr(bootstrap, "REQUIREMENTS", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    digest = "0" * 64
    (tmp_path / "base.txt").write_text(f"no-such-thing==1 --hash=sha256:{digest}\n")
    return tmp_path


@pytest.fixture
def installed(monkeypatch, repository):
    """Environment and installation replaced by notes of what was asked for."""
    asked = []
    monkeypatch.setattr(bootstrap, "environment_works", lambda: True)
    monkeypatch.setattr(bootstrap, "install", asked.append)
    bootstrap.VENV.mkdir()
    return asked


def test_run_py_parses_on_old_pythons():
    source = Path(run.__file__).read_text()

    ast.parse(source, feature_version=(3, 4))
    assert not re.search(r"\bf\"|print ", source.split('"""', 2)[2])


@pytest.mark.parametrize("version", [(2, 7), (3, 6), (3, 10)])
def test_old_python_is_refused_with_a_sentence(capsys, version):
    with pytest.raises(SystemExit) as caught:
        run.refuse_old_python(version)

    assert caught.value.code == 10
    assert "needs Python 3.11 or newer, but this is Python" in capsys.readouterr().err


@pytest.mark.parametrize("python", OLD_PYTHONS, ids=str)
def test_real_old_python_says_the_same(python):
    done = subprocess.run(
        [python, run.__file__],
        capture_output=True,
        timeout=20,
        check=False,
    )

    assert done.returncode == 10
    assert b"needs Python 3.11 or newer" in done.stderr


def test_this_python_is_accepted():
    run.refuse_old_python(sys.version_info[:2])


def test_docstring_lists_every_exit_code():
    codes = {*Exit, run.PYTHON_TOO_OLD, bootstrap.NO_NETWORK}
    codes |= {bootstrap.NO_DISK_SPACE, bootstrap.INSTALLATION_FAILED}

    listed = {int(code) for code in re.findall(r"\b1\d\b", run.__doc__)}

    assert listed == {int(code) for code in codes}
    assert len(set(Exit)) == len(Exit)


def test_packages_are_installed_once_until_the_pins_change(installed, repository):
    pins = repository / "base.txt"
    bootstrap.prepare("base")
    bootstrap.prepare("base")
    assert installed == [pins]

    pins.write_text("other==2\n")
    bootstrap.prepare("base")
    assert installed == [pins, pins]


def test_failed_installation_is_tried_again(monkeypatch, installed):
    monkeypatch.setattr(bootstrap, "install", Mock(side_effect=SystemExit(16)))
    with pytest.raises(SystemExit):
        bootstrap.prepare("base")
    monkeypatch.setattr(bootstrap, "install", installed.append)

    bootstrap.prepare("base")

    assert len(installed) == 1


def test_full_disk_is_told_before_the_installation(monkeypatch, capsys, installed):
    usage = Mock(free=100 * 1024 * 1024)
    monkeypatch.setattr(bootstrap.shutil, "disk_usage", Mock(return_value=usage))

    with pytest.raises(SystemExit) as caught:
        bootstrap.prepare("base")

    assert caught.value.code == bootstrap.NO_DISK_SPACE
    assert "The disk is full." in capsys.readouterr().err
    assert installed == []


def test_environment_without_ensurepip_uses_the_pip_outside(monkeypatch, repository):
    ask = bootstrap._ask
    monkeypatch.setattr(
        bootstrap, "_ask", lambda line: "" if "ensurepip" in line[-1] else ask(line)
    )

    bootstrap.make_environment()

    assert bootstrap.environment_works()
    assert bootstrap.pip()[-2:] == ["--python", str(bootstrap.PYTHON)]


def test_missing_network_is_told(monkeypatch, capsys, repository):
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    python = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    monkeypatch.setattr(bootstrap, "pip", lambda: python)

    with pytest.raises(SystemExit) as caught:
        bootstrap.install(repository / "base.txt")

    assert caught.value.code == bootstrap.NO_NETWORK
    assert "could not be downloaded" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("OSError: [Errno 28] No space left on device", bootstrap.NO_DISK_SPACE),
        ("Temporary failure in name resolution", bootstrap.NO_NETWORK),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", bootstrap.INSTALLATION_FAILED),
    ],
)
def test_what_pip_said_chooses_the_exit_code(capsys, said, code):
    with pytest.raises(SystemExit) as caught:
        bootstrap._give_up(said)

    assert caught.value.code == code
    assert said in capsys.readouterr().err


def test_progress_is_told_in_few_lines_when_nobody_watches(capsys):
    progress = bootstrap.Progress("Installing 40 packages", 40)
    for number in range(40):
        progress.see(f"Collecting package-{number}")
    progress.see("Installing collected packages: a, b")

    assert capsys.readouterr().err.splitlines()[1:] == [
        "  20 of 40",
        "  40 of 40",
        "  unpacking",
    ]
