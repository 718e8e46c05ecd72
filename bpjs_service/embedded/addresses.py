"""Where the database and Redis are, for settings: cheap, and free of Django.

The environment comes first; without it the addresses are those that the embedded
servers wrote down when they started.
"""

import json
import os
import secrets
import tempfile
from pathlib import Path

NAME = "bpjs_service"
_REPOSITORY = Path(__file__).resolve().parents[2]


def var_folder() -> Path:
    """Folder for everything the running system writes (``BPJS_VAR`` moves it)."""
    return Path(os.environ.get("BPJS_VAR") or _REPOSITORY / "var").absolute()


def database_url() -> str:
    """Address of the database as django-environ reads it.

    With no server anywhere it is a valid address nobody answers at, so that
    commands without a database still work.
    """
    nowhere = f"postgres://{NAME}@/{var_folder()}/postgres-is-not-running/{NAME}"
    return os.environ.get("DATABASE_URL") or _written_down().get("database", nowhere)


def redis_url() -> str:
    """Address of Redis or Valkey; like ``database_url`` when there is none."""
    nowhere = "redis://127.0.0.1:1/0"
    return os.environ.get("REDIS_URL") or _written_down().get("redis", nowhere)


def secret_key() -> str:
    """Return a random key kept in the var folder, the same for every process."""
    path = var_folder() / "secret.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _create_once(path, secrets.token_urlsafe(50))
    return path.read_text().strip()


def write_down(var: Path, **urls: str) -> None:
    """Publish the addresses of running embedded servers; none withdraws them."""
    path = var / "servers.json"
    if not urls:
        path.unlink(missing_ok=True)
        return
    _private_file(var, json.dumps(urls)).replace(path)


def _written_down() -> dict[str, str]:
    try:
        urls: dict[str, str] = json.loads((var_folder() / "servers.json").read_text())
    except FileNotFoundError:
        return {}
    return urls


def _create_once(path: Path, text: str) -> None:
    """Create the file unless another process was faster; never half written."""
    draft = _private_file(path.parent, text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _private_file(folder: Path, text: str) -> Path:
    descriptor, name = tempfile.mkstemp(dir=folder)  # mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return Path(name)
