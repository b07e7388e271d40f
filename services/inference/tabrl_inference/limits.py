"""What one client may cost."""

from __future__ import annotations

from dataclasses import dataclass

from tabrl_inference.rejections import Rejected, RejectReason


@dataclass(frozen=True)
class Limits:
    """Bounds in seconds, bytes and counts; the defaults suit a browser that sends 50 states/s."""

    hello_timeout_s: float = 5.0
    idle_timeout_s: float = 60.0
    send_timeout_s: float = 5.0
    message_bytes: int = 16 * 1024
    waiting_frames: int = 8  # of one client; from then on nothing more is read from it
    transport_bytes: int = 256 * 1024  # beyond it the frame is not even read to the end
    send_buffer_bytes: int = 32 * 1024
    batch_window_s: float = 0.001
    batch_rows: int = 256
    poll_interval_s: float = 0.5
    cached_policies: int = 32
    clients: int = 512
    drain_s: float = 3.0

    def check_length(self, length: int) -> None:
        """Raises `Rejected` (`frame_too_large`)."""
        if length > self.message_bytes:
            raise Rejected(
                RejectReason.FRAME_TOO_LARGE,
                f"The message has {length} bytes; at most {self.message_bytes} are read.",
            )
