"""What the README promises to authors of clients."""

from __future__ import annotations

import re
from pathlib import Path

from tabrl_inference.limits import Limits
from tabrl_inference.rejections import RejectReason

README = (Path(__file__).parents[3] / "services/inference/README.md").read_text()


def test_every_code_is_explained_and_no_other():
    rows = [line.split("|")[1] for line in README.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == {str(reason) for reason in RejectReason}


def test_limits_are_the_real_ones():
    limits = Limits()
    assert f"no hello within {limits.hello_timeout_s:g} s" in README
    assert f"nothing came for {limits.idle_timeout_s:g} s" in README
    assert f"were not read for {limits.send_timeout_s:g} s" in README
    assert f"over {limits.message_bytes // 1024} KiB" in README
    assert f"within {limits.batch_window_s * 1000:g} ms" in README
