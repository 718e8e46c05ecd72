"""Run ``manage.py check --deploy`` with settings as a branch would have them."""

import os
import secrets
import subprocess
import sys

from bpjs_service.embedded import addresses
from bpjs_service.embedded.servers import servers_up

DEPLOYMENT = {
    "SECRET_KEY": secrets.token_urlsafe(50),
    "ALLOWED_HOSTS": "front-office.example",
    "HTTPS": "1",
    "BEHIND_PROXY": "1",
    "LIVE_URL": "/live/",
    "STATIC_FROM_SOURCE": "0",
    "DEBUG": "0",
    "DEMO": "0",
}


def main() -> int:
    """Return the exit code of the check."""
    with servers_up(addresses.var_folder() / "test", durable=False):
        os.environ["BPJS_VAR"] = str(addresses.var_folder() / "test")
        servers = {
            "DATABASE_URL": addresses.database_url(),
            "REDIS_URL": addresses.redis_url(),
        }
        arguments = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]
        return subprocess.run(  # noqa: S603 - our own program
            [sys.executable, *arguments],
            env=os.environ | DEPLOYMENT | servers,
            timeout=120,
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
