"""The supervisor as a process of its own, with small programs to look after."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.bpjs_service.embedded_places import alive, eventually

SUPERVISE = """
import sys
from pathlib import Path
from bpjs_service.embedded import supervisor
supervisor._LONGEST_WAIT_SECONDS = 0.1
programs = [supervisor.Program("work", ["sh", "-c", sys.argv[2]])]
supervisor.Supervisor(programs, Path(sys.argv[1])).run()
"""
WORK = "echo me=$$; sleep 60 & echo helper=$!; wait"
STUBBORN = "trap '' TERM; echo me=$$; while :; do sleep 0.1; done"


class Supervised:
    """A running supervisor and what it has said so far."""

    def __init__(self, logs, script):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISE, str(logs), script],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def says(self, pattern: str) -> str:
        """Read on until a line has the pattern; returns its group."""
        for line in self.process.stdout:
            found = re.search(pattern, line)
            if found:
                return found[1] if found.groups() else found[0]
        raise AssertionError(f"it never said {pattern}")

    def pid(self, name: str) -> int:
        return int(self.says(rf"{name}=(\d+)"))

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=20)


@pytest.fixture
def supervise(tmp_path) -> Iterator:
    running = []

    def start(script):
        running.append(Supervised(tmp_path, script))
        return running[-1]

    yield start
    for supervised in running:
        supervised.process.kill()
        supervised.process.wait(timeout=10)
        supervised.process.stdout.close()


def test_killed_program_starts_again_without_its_old_helpers(supervise):
    supervised = supervise(WORK)
    first, helper = supervised.pid("me"), supervised.pid("helper")

    os.kill(first, signal.SIGKILL)

    assert supervised.says("work was ended by signal 9; it starts again")
    assert supervised.pid("me") != first
    assert not alive(helper)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stop_leaves_no_process_behind(supervise, number):
    supervised = supervise(WORK)
    program, helper = supervised.pid("me"), supervised.pid("helper")

    code = supervised.stop(number)

    assert code == 0
    assert not alive(program)
    assert not alive(helper)


def test_second_stop_kills_a_stubborn_program_at_once(supervise):
    supervised = supervise(STUBBORN)
    program = supervised.pid("me")
    supervised.process.send_signal(signal.SIGINT)
    supervised.says("Ctrl-C once more")

    assert supervised.stop(signal.SIGINT) == 0
    assert not alive(program)


def test_programs_end_when_the_supervisor_is_killed(supervise):
    supervised = supervise("echo me=$$; exec sleep 60")
    program = supervised.pid("me")

    supervised.stop(signal.SIGKILL)

    assert eventually(lambda: not alive(program))


def test_repeated_failure_is_told_in_words(supervise, tmp_path):
    supervised = supervise("echo no such café; exit 3")

    supervised.says("work ended with exit code 3; it starts again")
    supervised.says(
        r"work ended with exit code 3, 3 times in a row. Something is wrong with it: "
        rf"read {tmp_path / 'work.log'}"
    )


def test_output_is_prefixed_and_kept_in_a_file(supervise, tmp_path):
    supervised = supervise("printf 'first\\nunfinished'; sleep 0.1; echo ' line'; cat")

    assert supervised.says("first") == "first"
    supervised.says(r"work    \| unfinished line")
    supervised.stop()
    assert (tmp_path / "work.log").read_text().startswith("first\nunfinished line\n")
