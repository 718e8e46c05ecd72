"""The measuring programs still run; what they measure is not asserted."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
PROGRAMS = ("issue_and_call", "call_to_board", "history", "race")
WORKS = (
    "call next, SQL alone",
    "5 boards, 3 calls, 0 events missed",
    "call next, SQL alone, 2000 old",
    "8 issues at once: 8 tickets, 0 duplicates, 0 gaps, refused 0",
    "6 calls at once: 6 tickets called, 0 with two callers, refused 0",
)


def test_every_program_runs_to_its_end():
    done = subprocess.run(
        [sys.executable, "-m", "bench", *PROGRAMS, "--quick"],
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert done.returncode == 0, done.stderr
    assert [line for line in WORKS if line not in done.stdout] == [], done.stdout
