"""Make the virtual environment, install the pinned packages, go on inside it.

Runs on the system's Python with the standard library only, so it cannot import the
project (which needs the packages). Packages are installed again only when the pins
have changed.
"""
# ruff: noqa: S603, S606 - runs only pip, venv and the project itself

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

REPOSITORY = Path(__file__).resolve().parent
VENV = REPOSITORY / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = REPOSITORY / "requirements"

NO_DISK_SPACE = 12
NO_NETWORK = 13
INSTALLATION_FAILED = 16

_VERSION = sysconfig.get_python_version()
_MEBIBYTE = 1024 * 1024
_NEEDED_MIB = {"base": 500, "dev": 1000}
_PROBE_SECONDS = 30
_INSTALL_SECONDS = 3600
_DISK_FULL = ("No space left on device", "Disk quota exceeded")
_OFFLINE = (
    "NewConnectionError",
    "NameResolutionError",
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "Network is unreachable",
    "(from versions: none)",  # all that pip says with retries switched off
)


def main(arguments: Sequence[str]) -> NoReturn:
    """Get the environment ready and become ``python -m bpjs_service.embedded``."""
    os.chdir(REPOSITORY)
    try:
        prepare("base")
        if arguments[:1] == ["test"]:
            prepare("dev")
    except KeyboardInterrupt:
        sys.exit(130)
    os.execv(PYTHON, [str(PYTHON), "-m", "bpjs_service.embedded", *arguments])


def prepare(group: str) -> None:
    """Install one group of pins ("base" or "dev") unless that is done already."""
    pins = REQUIREMENTS / f"{group}.txt"
    stamp = VENV / f"installed-{group}"
    wanted = fingerprint(pins)
    if environment_works() and stamp.exists() and stamp.read_text() == wanted:
        return
    require_space(REPOSITORY, _NEEDED_MIB[group])
    if not environment_works():
        make_environment()
    install(pins)
    stamp.write_text(wanted)


def fingerprint(pins: Path) -> str:
    """Hash of the pins; the packages also depend on the version of Python."""
    return f"{_VERSION} {hashlib.sha256(pins.read_bytes()).hexdigest()}"


def environment_works() -> bool:
    """Whether the virtual environment runs the same Python as we do."""
    question = "import sysconfig; print(sysconfig.get_python_version())"
    return _ask([PYTHON, "-I", "-c", question]) == _VERSION


def make_environment() -> None:
    """Create the virtual environment, also where ensurepip is missing."""
    _tell("Making a virtual environment in .venv ...")
    shutil.rmtree(VENV, ignore_errors=True)
    command = [sys.executable, "-m", "venv"]
    if _ask([sys.executable, "-c", "import ensurepip; print('yes')"]) != "yes":
        command.append("--without-pip")
    try:
        subprocess.run(
            [*command, VENV], check=True, capture_output=True, text=True, timeout=300
        )
    except (subprocess.SubprocessError, OSError) as error:
        said = getattr(error, "stderr", None) or getattr(error, "stdout", None)
        _give_up(f"The virtual environment could not be made: {said or error}")


def install(pins: Path) -> None:
    """Install exactly the pinned packages, showing how far it is."""
    total = sum("==" in line for line in pins.read_text().splitlines())
    progress = Progress(f"Installing {total} packages ({pins.name})", total)
    command = [*pip(), "install", "--require-hashes", "--no-input", "--no-color"]
    code, output = _follow([*command, "-r", str(pins)], progress.see)
    progress.end()
    if code:
        _give_up(output)


def pip() -> list[str]:
    """Command line of a pip that installs into the virtual environment."""
    own = [str(PYTHON), "-m", "pip", "--disable-pip-version-check"]
    if _ask([*own, "--version"]):
        return own
    outside = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    if not _ask([*outside, "--version"]):
        _give_up(
            "Neither pip nor ensurepip belongs to this Python. Install one of them, "
            "on Debian and Ubuntu with: apt install python3-pip"
        )
    return [*outside, "--python", str(PYTHON)]


def require_space(folder: Path, needed_mib: int) -> None:
    """Leave with a message when the packages will not fit on the disk."""
    free = shutil.disk_usage(folder).free // _MEBIBYTE
    if free < needed_mib:
        _give_up(f"No space left on device: {needed_mib} MiB needed, {free} MiB free.")


class Progress:
    """One line that counts the packages pip has begun to collect."""

    def __init__(self, title: str, total: int) -> None:
        self._title = title
        self._total = total
        self._seen = 0
        self._terminal = sys.stderr.isatty()
        _tell(f"{title}; this takes a minute or two the first time.")

    def see(self, line: str) -> None:
        """Look at one line of pip's output."""
        if line.startswith(("Collecting ", "Processing ", "Requirement already")):
            self._seen += 1
            self._show(f"{min(self._seen, self._total)} of {self._total}")
        elif line.startswith("Installing collected packages"):
            self._show("unpacking          ", always=True)

    def end(self) -> None:
        """Leave the line."""
        if self._terminal:
            sys.stderr.write("\n")

    def _show(self, text: str, *, always: bool = False) -> None:
        if self._terminal:
            sys.stderr.write(f"\r  {text}")
            sys.stderr.flush()
        elif always or self._seen % 20 == 0:
            _tell(f"  {text.strip()}")


def _follow(command: Sequence[str], see: Callable[[str], None]) -> tuple[int, str]:
    """Run a program, hand on each line as it comes; returns code and last lines."""
    lines: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        watchdog = threading.Timer(_INSTALL_SECONDS, process.kill)
        watchdog.start()
        for line in process.stdout or ():
            lines.append(line)
            see(line)
        watchdog.cancel()
    return process.returncode, "".join(lines[-40:])


def _give_up(output: str) -> NoReturn:
    """Say in words what pip (or venv) said at length, and leave with its code."""
    if any(sign in output for sign in _DISK_FULL):
        code = NO_DISK_SPACE
        advice = "The disk is full. Free some space and try again."
    elif any(sign in output for sign in _OFFLINE):
        code = NO_NETWORK
        advice = (
            "The packages could not be downloaded. The first installation needs the "
            "internet (or a package mirror set up for pip): check it and try again."
        )
    else:
        code = INSTALLATION_FAILED
        advice = "The installation failed, see above."
    sys.stderr.write(f"\n{output.strip()}\n\n{advice}\n")
    sys.exit(code)


def _ask(command: Sequence[str | Path]) -> str:
    """Output of a short command, empty when it fails."""
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
