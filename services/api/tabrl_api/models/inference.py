"""Which inference server a model is played by, where there are several.

Any of them can play any model. Each model ranks them by a hash (rendezvous hashing, Thaler and
Ravishankar 1998), so that its players meet where its parameters are loaded, and share a forward
pass. When one does not answer its models go to the next in their rank, and those of others stay.
"""

from __future__ import annotations

import hashlib
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence

from tabrl.adapters.logs import logger

LOOK_EVERY_S = 2.0
_ANSWER_S = 1.0


def socket_path(model_id: str) -> str:
    """Where an inference server serves a model."""
    return f"/api/models/{model_id}/inference"


def ranked(addresses: Sequence[str], model_id: str) -> list[str]:
    """A model's servers, its first choice first."""
    return sorted(addresses, key=lambda address: _weight(address, model_id), reverse=True)


def _weight(address: str, model_id: str) -> bytes:
    return hashlib.sha256(f"{model_id} {address}".encode()).digest()


def answers(address: str) -> bool:
    """Whether the server at a `ws://` or `wss://` address is ready."""
    probe = f"{address.replace('ws', 'http', 1)}/readyz"
    try:
        with urllib.request.urlopen(probe, timeout=_ANSWER_S):
            return True
    except (urllib.error.URLError, OSError, ValueError):
        return False


class InferenceServers:
    """Their addresses, and which of them answer. One alone is taken as it is, and never asked."""

    def __init__(self, addresses: Sequence[str], answers: Callable[[str], bool] = answers) -> None:
        self.addresses = tuple(addresses)
        self._answers = answers
        self._silent: frozenset[str] = frozenset()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="inference", daemon=True)

    def address(self, model_id: str) -> str:
        """Where a model is played now."""
        rank = ranked(self.addresses, model_id)
        return next((one for one in rank if one not in self._silent), rank[0])

    def start(self) -> None:
        """Begin to look, if there is a choice."""
        if len(self.addresses) > 1:
            self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def look(self) -> None:
        """Ask every server once."""
        silent = frozenset(one for one in self.addresses if not self._answers(one))
        for one in silent - self._silent:
            logger.warning("inference does not answer at %s", one)
        self._silent = silent

    def _watch(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(LOOK_EVERY_S)
