"""Stands in for ur-rtde: states from a simulated arm, by RTDE."""

import os
import struct
import threading

from tests.support.hardware import rtde


class RTDEReceiveInterface:
    """As the library's, as far as the adapter uses it."""

    def __init__(self, hostname: str, frequency: float = -1.0) -> None:
        self._client = client = rtde.Client(int(os.environ["FAKE_ROBOT_PORT"]))
        recipe = struct.pack(">d", rtde.HZ) + ",".join(rtde.STATE).encode()
        assert client.ask(rtde.OUTPUTS, recipe)[1:] == b"DOUBLE,VECTOR6D,VECTOR6D,INT32"
        assert client.ask(rtde.START) == b"\x01"
        self._last: tuple[float, ...] = (1, -1.0, *[0.0] * 12, rtde.NORMAL)
        threading.Thread(target=self._listen, daemon=True).start()

    def getTimestamp(self) -> float:
        return self._last[1]

    def getActualQ(self) -> list[float]:
        return list(self._last[2:8])

    def getActualQd(self) -> list[float]:
        return list(self._last[8:14])

    def isProtectiveStopped(self) -> bool:
        return self._last[14] == rtde.PROTECTIVE_STOP

    def isEmergencyStopped(self) -> bool:
        return self._last[14] == rtde.EMERGENCY_STOP

    def disconnect(self) -> None:
        self._client.close()

    def _listen(self) -> None:
        while True:
            try:
                command, payload = self._client.next()
            except OSError:
                return
            if command == rtde.DATA:
                self._last = struct.unpack(rtde.form_of(rtde.STATE), payload)
