"""What can go wrong for a newcomer, each with a sentence and an exit code."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of ``run.py``; 10, 13 and 16 belong to ``bootstrap.py``."""

    PORT_TAKEN = 11
    NO_DISK_SPACE = 12
    DATABASE_UNREACHABLE = 14
    REDIS_UNREACHABLE = 15
    ALREADY_RUNNING = 17
    SERVER_FAILED = 18
    PREPARATION_FAILED = 19


class Problem(Exception):
    """A failure the reader can act on; ``code`` becomes the exit code."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message)
        self.code = code
