"""One command for a newcomer: ``python3 run.py`` sets everything up and runs it.

    python3 run.py [--port 8000]        the demo; Ctrl-C stops it
    python3 run.py test [ARGUMENTS]     all tests, or what the pytest arguments say
    python3 run.py manage COMMAND ...   any manage.py command with the servers up

Only the standard library is needed. This file parses on every Python since 2.7, so
that an old one gets a sentence instead of a syntax error; the work is done by
``bootstrap.py`` and, inside the virtual environment, ``bpjs_service.embedded``.

Exit codes: 0 stopped as asked, 2 unknown option, 10 Python too old, 11 port taken,
12 no disk space, 13 no network at the first installation, 14 database unreachable,
15 Redis unreachable, 16 installation failed, 17 already running, 18 an embedded
server does not start, 19 the database could not be prepared, 130 interrupted. The
commands ``test`` and ``manage`` otherwise end with the code of what they ran.
"""
# ruff: noqa: ANN001, ANN201, UP031 - annotations do not parse on an old Python
# mypy: allow-untyped-defs, allow-untyped-calls

import sys

OLDEST = (3, 11)
PYTHON_TOO_OLD = 10


def refuse_old_python(version):
    """Explain and leave unless the version, a pair such as (3, 11), will do."""
    if version >= OLDEST:
        return
    sys.stderr.write(
        "This program needs Python %d.%d or newer, but this is Python %d.%d. "
        "Install a newer one and start it, for example: python3.11 run.py\n"
        % (OLDEST + version)
    )
    sys.exit(PYTHON_TOO_OLD)


if __name__ == "__main__":
    refuse_old_python(sys.version_info[:2])
    import bootstrap

    bootstrap.main(sys.argv[1:])
