"""Types of messages: here their layouts."""

from tests.support.hardware.unitree_dds import GO_COMMAND as LowCmd_
from tests.support.hardware.unitree_dds import GO_STATE as LowState_

__all__ = ["LowCmd_", "LowState_"]
