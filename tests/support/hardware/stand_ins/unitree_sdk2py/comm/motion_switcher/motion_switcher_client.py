"""The robot's own controller: it runs until it is released, twice if need be."""

import os


class MotionSwitcherClient:
    """As the SDK's."""

    def __init__(self) -> None:
        self._left = int(os.environ.get("FAKE_ROBOT_RELEASES", "1"))

    def SetTimeout(self, timeout: float) -> None:
        pass

    def Init(self) -> None:
        pass

    def CheckMode(self) -> tuple[int, dict[str, str] | None]:
        return 0, {"name": "normal" if self._left else ""}

    def ReleaseMode(self) -> tuple[int, None]:
        self._left -= 1
        return 0, None
