"""A replayed day's time: branch seconds that run faster than ours."""

import datetime as dt
import threading
import time


class Day:
    """The branch's clock on our side, and the bell that wakes idle officers."""

    def __init__(self, *, reads: dt.datetime, speed: float) -> None:
        self.speed = speed
        self._midnight = reads.replace(hour=0, minute=0, second=0, microsecond=0)
        self._second = (reads - self._midnight).total_seconds()
        self._started = time.monotonic()
        self._bell = threading.Condition()
        self.issued_all = threading.Event()
        self.stopped = threading.Event()

    def now(self) -> float:
        """Seconds since the branch's midnight."""
        return self._second + (time.monotonic() - self._started) * self.speed

    def moment(self, second: float) -> dt.datetime:
        """The branch's date and time at a second of its day."""
        return self._midnight + dt.timedelta(seconds=second)

    def sleep_until(self, second: float) -> None:
        """Sleep to that branch second, or until the replay is stopped."""
        real = (second - self.now()) / self.speed
        if real > 0:
            self.stopped.wait(real)

    def sleep(self, seconds: float) -> None:
        self.sleep_until(self.now() + seconds)

    def ring(self) -> None:
        """Somebody new is waiting."""
        with self._bell:
            self._bell.notify_all()

    def listen(self, seconds: float) -> None:
        """Wait for the bell, at most so many branch seconds."""
        with self._bell:
            self._bell.wait(max(0.0, seconds / self.speed))

    def stop(self) -> None:
        self.stopped.set()
        self.ring()
