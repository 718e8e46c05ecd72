"""Bring the database up to date, and fill it, before the demo is served.

One process for all steps keeps a second start quick. Progress goes to stderr; the
demo's pages and log-ins, to be shown when everything runs, go to stdout. The commands
belong to the apps; one that no installed app offers is left out.
"""

import io
import os
import sys

import django
from django.conf import settings
from django.core.management import CommandError, call_command, get_commands

from bpjs_service.embedded import console

_STEPS = {"migrate": "Database structure", "load_reference": "Reference data"}
_DEMO_STEPS = {"seed_demo": "Demo data"}
_LOG_INS = "demo_logins"


def main(base_url: str) -> None:
    """Run every step; an error ends the process with its message."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bpjs_service.settings")
    django.setup()
    steps = _STEPS | (_DEMO_STEPS if settings.DEMO else {})
    for command, title in steps.items():
        if command in get_commands():
            with console.step(title):
                call_command(command, verbosity=0, stdout=io.StringIO())
    if settings.DEMO and _LOG_INS in get_commands():
        call_command(_LOG_INS, base_url=base_url)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except CommandError as error:
        sys.exit(str(error))
