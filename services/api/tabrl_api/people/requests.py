"""How many requests an owner may make."""

from __future__ import annotations

import math
import time
from typing import Protocol

import redis
from limits import RateLimitItemPerMinute
from limits.storage import RedisStorage, Storage
from limits.strategies import SlidingWindowCounterRateLimiter

from tabrl.adapters.logs import logger
from tabrl.adapters.redis_url import for_redis
from tabrl.domain.errors import LimitReached

_PAUSE_S = 5.0  # how long Redis is left alone after it failed


class RequestLimiter(Protocol):
    """Counts requests."""

    def count(self, key: str) -> None:
        """Count one request. Raises `LimitReached` (limit `requests`) if it is one too many."""
        ...


class NoRequestLimiter:
    """Counts nothing."""

    def count(self, key: str) -> None:
        """Let it pass."""


class SlidingRequestLimiter:
    """So many a minute, over a sliding window that all gateways share.

    While the store does not answer, requests pass uncounted: a limit must not close the gateway.
    """

    def __init__(self, per_minute: int, storage: Storage) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._silent_until = 0.0

    def count(self, key: str) -> None:
        """Count one request. Raises `LimitReached` (limit `requests`) if it is one too many."""
        if time.monotonic() < self._silent_until:
            return
        try:
            if self._limiter.hit(self._item, key):
                return
            reset = self._limiter.get_window_stats(self._item, key).reset_time
        except redis.RedisError as error:
            self._silent_until = time.monotonic() + _PAUSE_S
            logger.warning("requests are not counted (%s)", type(error).__name__)
            return
        raise LimitReached(
            f"At most {self._item.amount} requests a minute are answered.",
            limit="requests",
            retry_after_s=math.ceil(reset - time.time()),
        )


def request_limiter(per_minute: int | None, redis_url: str) -> RequestLimiter:
    """The limiter in Redis, which is connected to on first use; without a limit none."""
    if per_minute is None:
        return NoRequestLimiter()
    pool = redis.ConnectionPool.from_url(
        for_redis(redis_url), socket_connect_timeout=0.5, socket_timeout=0.5
    )
    return SlidingRequestLimiter(
        per_minute, RedisStorage("redis://", connection_pool=pool, key_prefix="limits")
    )
