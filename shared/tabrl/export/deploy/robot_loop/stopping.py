"""The emergency stop: a key, a signal, or whoever else asks for it. Once asked it stays."""

from __future__ import annotations

import atexit
import signal
import sys
import threading
from types import FrameType

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Stops:
    """The first reason to stop, from any thread."""

    def __init__(self) -> None:
        self._reason: str | None = None
        self._lock = threading.Lock()

    @property
    def reason(self) -> str | None:
        """Why the robot must stop; nothing while nobody asks."""
        return self._reason

    def stop(self, reason: str) -> None:
        """Ask for a stop."""
        with self._lock:
            self._reason = self._reason or reason

    def on_signals(self) -> None:
        """Stop on what ends a program (Ctrl-C, a closed terminal); main thread only."""

        def handle(number: int, _: FrameType | None) -> None:
            self._reason = self._reason or f"signal {signal.Signals(number).name}"

        for name in SIGNALS:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), handle)

    def on_key(self) -> None:
        """Stop when a key is pressed (Enter where keys are not told one by one)."""
        _tell_every_key()
        threading.Thread(target=self._listen, name="keys", daemon=True).start()

    def _listen(self) -> None:
        if sys.stdin is not None and sys.stdin.read(1):
            self.stop("a key was pressed")


def _tell_every_key() -> None:
    """Let a terminal tell of every key at once; nothing for what is no terminal."""
    try:
        import termios
        import tty
    except ImportError:  # not on Windows
        return
    if sys.stdin is not None and sys.stdin.isatty():
        before = termios.tcgetattr(sys.stdin)
        atexit.register(termios.tcsetattr, sys.stdin, termios.TCSADRAIN, before)
        tty.setcbreak(sys.stdin)
