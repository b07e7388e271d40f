"""Stands in for ur-rtde: targets for a simulated arm, by RTDE."""

import os

from tests.support.hardware import rtde


class RTDEControlInterface:
    """As the library's, as far as the adapter uses it."""

    def __init__(self, hostname: str, frequency: float = -1.0) -> None:
        self._client = client = rtde.Client(int(os.environ["FAKE_ROBOT_PORT"]))
        types = client.ask(rtde.INPUTS, ",".join(rtde.TARGET).encode())[1:]
        assert types.decode().split(",") == ["INT32", *["DOUBLE"] * 6]
        self._last = [0.0] * 6

    def setWatchdog(self, min_frequency: float = 10.0) -> bool:
        return True

    def kickWatchdog(self) -> bool:
        return True

    def servoJ(
        self, q: list[float], speed: float, acceleration: float, time: float,
        lookahead_time: float, gain: float,
    ) -> bool:  # fmt: skip
        assert 0.03 <= lookahead_time <= 0.2
        assert 100 <= gain <= 2000
        self._last = q
        self._client.send(rtde.SERVO, *q)
        return True

    def servoStop(self, a: float = 10.0) -> bool:
        self._client.send(rtde.STOP, *self._last)
        return True

    def stopScript(self) -> None:
        self._client.send(rtde.STOP, *self._last)

    def disconnect(self) -> None:
        self._client.close()
