"""Tickets in Redis, which forgets them when they are used or old."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from typing import cast

import redis

from tabrl.adapters.redis_url import for_redis
from tabrl.domain.errors import Unavailable
from tabrl.domain.people import TICKET, Ticket, digest, new_secret

GOOD_FOR = timedelta(seconds=30)


class RedisTicketStore:
    """A `TicketStore` in Redis; connects on first use."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            for_redis(url), decode_responses=True, socket_connect_timeout=1.0, socket_timeout=2.0
        )

    def issue(self, ticket: Ticket) -> str:
        """The secret to show. Raises `Unavailable` if Redis does not answer."""
        secret = new_secret(TICKET)
        try:
            self._redis.set(_key(secret), json.dumps(asdict(ticket)), ex=GOOD_FOR)
        except redis.RedisError as error:
            raise _unavailable(error) from error
        return secret

    def redeem(self, secret: str) -> Ticket | None:
        """What it is for; the second to show it gets None. Raises `Unavailable`."""
        try:
            found = cast(str | None, self._redis.getdel(_key(secret)))
        except redis.RedisError as error:
            raise _unavailable(error) from error
        return None if found is None else Ticket(**json.loads(found))


def _key(secret: str) -> str:
    return f"ticket:{digest(secret)}"


def _unavailable(error: redis.RedisError) -> Unavailable:
    return Unavailable(f"Redis failed ({type(error).__name__}).", code="redis_unavailable")
