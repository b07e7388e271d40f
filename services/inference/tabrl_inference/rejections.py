"""Every reason for which a client is rejected, in one place."""

from __future__ import annotations

from enum import StrEnum

from websockets.frames import CloseCode


class RejectReason(StrEnum):
    """Stable codes, sent in a `Refusal` and as the reason of the close frame."""

    HELLO_TIMEOUT = "hello_timeout"
    HELLO_EXPECTED = "hello_expected"
    BAD_HELLO = "bad_hello"
    WRONG_PROTOCOL = "wrong_protocol"
    WRONG_MODEL = "wrong_model"
    UNKNOWN_MODEL = "unknown_model"
    WRONG_SCENE = "wrong_scene"
    MODEL_UNAVAILABLE = "model_unavailable"
    TOO_MANY_CLIENTS = "too_many_clients"
    BINARY_EXPECTED = "binary_expected"
    FRAME_TOO_LARGE = "frame_too_large"
    WRONG_LENGTH = "wrong_length"
    UNKNOWN_KIND = "unknown_kind"
    NOT_FINITE = "not_finite"
    OUT_OF_RANGE = "out_of_range"
    IDLE = "idle"
    SLOW_READER = "slow_reader"
    FORBIDDEN_HOST = "forbidden_host"
    FORBIDDEN_ORIGIN = "forbidden_origin"
    LOG_IN = "log_in"
    BAD_TICKET = "bad_ticket"
    OTHER_MODEL = "other_model"
    TICKETS_UNAVAILABLE = "tickets_unavailable"
    TOO_MANY_CONNECTIONS = "too_many_connections"


_CLOSE_CODES: dict[RejectReason, CloseCode] = {
    RejectReason.BINARY_EXPECTED: CloseCode.UNSUPPORTED_DATA,
    RejectReason.HELLO_EXPECTED: CloseCode.UNSUPPORTED_DATA,
    RejectReason.FRAME_TOO_LARGE: CloseCode.MESSAGE_TOO_BIG,
    RejectReason.WRONG_LENGTH: CloseCode.INVALID_DATA,
    RejectReason.NOT_FINITE: CloseCode.INVALID_DATA,
    RejectReason.OUT_OF_RANGE: CloseCode.INVALID_DATA,
    RejectReason.MODEL_UNAVAILABLE: CloseCode.TRY_AGAIN_LATER,
    RejectReason.TOO_MANY_CLIENTS: CloseCode.TRY_AGAIN_LATER,
    RejectReason.TOO_MANY_CONNECTIONS: CloseCode.TRY_AGAIN_LATER,
    RejectReason.IDLE: CloseCode.NORMAL_CLOSURE,
}


class Rejected(Exception):  # noqa: N818 - an answer, not a failure of this program
    """A client is rejected. `message` tells its author what to do."""

    def __init__(self, reason: RejectReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message

    @property
    def close_code(self) -> CloseCode:
        """The WebSocket close code that fits the reason; a policy violation unless listed."""
        return _CLOSE_CODES.get(self.reason, CloseCode.POLICY_VIOLATION)
