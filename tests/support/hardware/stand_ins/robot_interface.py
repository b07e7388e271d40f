"""Stands in for the Go1's library: its interface as far as the adapter uses it, plain packets."""

import socket
from types import SimpleNamespace

import numpy as np

from tabrl.export.deploy.robot_loop import unitree_go1_packets as go1
from tabrl.export.deploy.robot_loop.crc import is_sealed, sealed

_FIELDS = ("mode", "q", "dq", "tau", "Kp", "Kd")


def LowCmd() -> SimpleNamespace:
    return SimpleNamespace(
        motorCmd=[SimpleNamespace(**dict.fromkeys(_FIELDS, 0)) for _ in range(go1.MOTORS)]
    )


def LowState() -> SimpleNamespace:
    return SimpleNamespace(tick=0, imu=None, motorState=None)


class UDP:
    """As the library's: the last good packet is kept, and handed out again and again."""

    def __init__(self, level: int, localPort: int, targetIP: str, targetPort: int) -> None:
        assert level == go1.LOW_LEVEL
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((targetIP, targetPort))
        self._socket.setblocking(False)
        self._last: np.ndarray | None = None

    def InitCmdData(self, cmd: SimpleNamespace) -> None:
        cmd.head, cmd.levelFlag = go1.HEAD, go1.LOW_LEVEL

    def SetSend(self, cmd: SimpleNamespace) -> None:
        message = np.zeros((), go1.LOW_COMMAND)
        message["head"], message["levelFlag"] = cmd.head, cmd.levelFlag
        for motor, asked in enumerate(cmd.motorCmd):
            for name in _FIELDS:
                message["motorCmd"][name][motor] = getattr(asked, name)
        self._packet = sealed(message.tobytes())

    def Send(self) -> None:
        self._socket.send(self._packet)

    def Recv(self) -> None:
        while True:
            try:
                packet = self._socket.recv(65_535)
            except (BlockingIOError, ConnectionRefusedError):
                return
            if is_sealed(packet):
                self._last = np.frombuffer(packet, go1.LOW_STATE)[0]

    def GetRecv(self, state: SimpleNamespace) -> None:
        if self._last is None:
            return
        last = self._last
        state.tick = int(last["tick"])
        state.imu = SimpleNamespace(
            quaternion=last["imu"]["quaternion"].tolist(),
            gyroscope=last["imu"]["gyroscope"].tolist(),
        )
        state.motorState = [
            SimpleNamespace(q=float(one["q"]), dq=float(one["dq"]), tauEst=float(one["tauEst"]))
            for one in last["motorState"]
        ]
