"""A progress bar on a terminal, and a line for each step where there is none."""

import sys
import time


class Progress:
    """Steps with the seconds that they are expected to take; the bar goes by those, the rest is estimated from what the steps so far took."""

    def __init__(self, steps: list[tuple[str, float]], stream=sys.stderr):
        self.expected = dict(steps)
        self.done = 0.0
        self.current: str | None = None
        self.fraction = 0.0
        self.started = time.monotonic()
        self.stream = stream
        self.is_terminal = stream.isatty()

    @property
    def total(self) -> float:
        return max(sum(self.expected.values()), 1e-9)

    @property
    def share(self) -> float:
        running = self.expected.get(self.current, 0.0) * self.fraction if self.current else 0.0
        return min((self.done + running) / self.total, 1.0)

    def remaining_seconds(self) -> float:
        """By the expectation, corrected by how the steps so far kept it."""
        elapsed = time.monotonic() - self.started
        expected = self.share * self.total
        pace = elapsed / expected if expected > 20 else 1.0
        return (1 - self.share) * self.total * pace

    def begin(self, step: str) -> None:
        self.current, self.fraction = step, 0.0
        self._show()

    def advance(self, fraction: float) -> None:
        self.fraction = min(max(fraction, self.fraction), 1.0)
        self._show()

    def end(self) -> None:
        self.done += self.expected.get(self.current or "", 0.0)
        self.current = None
        self._show()

    def say(self, text: str) -> None:
        """A line of its own above the bar."""
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        clear = "\r\x1b[K" if self.is_terminal else ""
        print(f"{clear}bench {minutes:02}:{seconds:02} {text}", file=self.stream, flush=True)
        self._show()

    def finish(self) -> None:
        if self.is_terminal:
            print("\r\x1b[K", end="", file=self.stream, flush=True)

    def _show(self) -> None:
        if not self.is_terminal:
            return
        filled = int(self.share * 30)
        left = self.remaining_seconds()
        rest = f"{left / 60:.0f} min" if left >= 90 else f"{left:.0f} s"
        print(f"\r\x1b[K[{'#' * filled}{'.' * (30 - filled)}] {self.share * 100:3.0f} % {self.current or ''}, about {rest} left", end="", file=self.stream, flush=True)
