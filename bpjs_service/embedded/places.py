"""Which account runs the servers, and folders that this account can reach.

PostgreSQL refuses to run as root, so root hands it to ``nobody``. A clone under a
closed home (``/root`` is 0700) is out of reach for ``nobody``; then the data and a
copy of the programs live in a private folder under ``/var/tmp``.
"""

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bpjs_service.embedded.addresses import NAME
from bpjs_service.embedded.problems import Exit, Problem

_MEBIBYTE = 1024 * 1024
_NEEDED_MIB = 200
_SOCKET_FOLDER_PREFIX = f"{NAME}-"


@dataclass(frozen=True)
class Account:
    """A user the servers run as instead of root."""

    name: str
    uid: int
    gid: int


def account_for_servers() -> Account | None:
    """``nobody`` when we are root; otherwise None, meaning ourselves."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("nobody")
    return Account(name=user.pw_name, uid=user.pw_uid, gid=user.pw_gid)


def data_root(var: Path, account: Account | None) -> Path:
    """Return the folder for the servers' data: var if the account reaches it."""
    var.mkdir(parents=True, exist_ok=True)
    if account is None or reachable(var):
        return var
    return _private_root(var)


def owned_folder(path: Path, account: Account | None) -> Path:
    """Create a 0700 folder of the account, or check the one that is there."""
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        _refuse_foreign(path, account.uid if account else os.geteuid())
    else:
        give(path, account)
    return path


def give(path: Path, account: Account | None) -> None:
    """Hand a file or folder to the account."""
    if account:
        os.chown(path, account.uid, account.gid)


def socket_folder(account: Account | None) -> Path:
    """Make a new private folder whose path is short enough for a Unix socket."""
    short = Path("/tmp")  # noqa: S108 - mkdtemp makes a private folder in it
    parent = short if short.is_dir() else Path(tempfile.gettempdir())
    path = Path(tempfile.mkdtemp(prefix=_SOCKET_FOLDER_PREFIX, dir=parent))
    give(path, account)
    return path


def is_socket_folder(path: Path, account: Account | None) -> bool:
    """Whether ``socket_folder`` made this folder for the same account."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    return (
        path.name.startswith(_SOCKET_FOLDER_PREFIX)
        and stat.S_ISDIR(status.st_mode)
        and status.st_uid == (account.uid if account else os.geteuid())
    )


def remove_socket_folder(path: Path, account: Account | None) -> None:
    """Remove a folder made by ``socket_folder`` and leave any other alone."""
    if is_socket_folder(path, account):
        shutil.rmtree(path, ignore_errors=True)


def reachable(path: Path) -> bool:
    """Whether every user may read this and enter the folders above it."""
    resolved = path.resolve()
    needed = stat.S_IROTH | (stat.S_IXOTH if resolved.is_dir() else 0)
    return resolved.stat().st_mode & needed == needed and all(
        folder.stat().st_mode & stat.S_IXOTH for folder in resolved.parents
    )


def reachable_copy(source: Path, parts: list[str], root: Path) -> Path:
    """Copy parts of a folder to where everybody can read them, once.

    The parts keep their relative paths because the programs find their libraries
    relative to themselves.
    """
    stamp = f"{source}{source.stat().st_mtime_ns}".encode()
    target = root / f"programs-{hashlib.sha256(stamp).hexdigest()[:10]}"
    if not target.exists():
        draft = Path(tempfile.mkdtemp(dir=root))
        for part in parts:
            _copy(source / part, draft / part)
        _open_to_all(draft)
        draft.rename(target)
    return target


def require_space(folder: Path) -> None:
    """Refuse to start servers on a nearly full disk."""
    free = shutil.disk_usage(folder).free // _MEBIBYTE
    if free < _NEEDED_MIB:
        raise Problem(
            Exit.NO_DISK_SPACE,
            f"Only {free} MiB are free at {folder}; {_NEEDED_MIB} MiB are needed. "
            "Free some disk space and start again.",
        )


def _private_root(var: Path) -> Path:
    key = hashlib.sha256(str(var.resolve()).encode()).hexdigest()[:10]
    path = Path("/var/tmp") / f"{NAME}-{key}"  # noqa: S108 - ownership is checked
    try:
        path.mkdir(mode=0o711)
    except FileExistsError:
        _refuse_foreign(path, os.geteuid())
    path.chmod(0o711)
    return path


def _refuse_foreign(path: Path, uid: int) -> None:
    status = path.lstat()
    if stat.S_ISDIR(status.st_mode) and status.st_uid == uid:
        return
    raise Problem(
        Exit.SERVER_FAILED,
        f"{path} belongs to another user (id {status.st_uid}). Start as that user, "
        "or remove the folder to begin with an empty database.",
    )


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(
            source, target, symlinks=True, ignore=shutil.ignore_patterns("include")
        )
    else:
        shutil.copy2(source, target)


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            execute = 0o111 if path.is_dir() or mode & stat.S_IXUSR else 0
            path.chmod(stat.S_IMODE(mode) | 0o444 | execute)
