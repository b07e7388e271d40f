"""The checksum of a message, of whichever type."""

from typing import Any

from tests.support.hardware import unitree_dds as dds


class CRC:
    """As the SDK's."""

    def Crc(self, msg: Any) -> int:
        family = "go" if hasattr(msg, "level_flag") else "hg"
        command = hasattr(msg, "motor_cmd")
        layout = {
            ("go", True): dds.GO_COMMAND, ("go", False): dds.GO_STATE,
            ("hg", True): dds.HG_COMMAND, ("hg", False): dds.HG_STATE,
        }[family, command]  # fmt: skip
        return dds.checksum(dds.packed(msg, layout))
