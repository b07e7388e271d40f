"""Messages of zeros."""

from functools import partial

from tests.support.hardware.unitree_dds import GO_COMMAND, HG_COMMAND, blank

unitree_go_msg_dds__LowCmd_ = partial(blank, GO_COMMAND)
unitree_hg_msg_dds__LowCmd_ = partial(blank, HG_COMMAND)
