"""Who may connect, how often, and how fast."""

from __future__ import annotations

import json
import time

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tabrl.adapters.owner_limits import OwnerLimits
from tabrl.adapters.settings import Settings
from tabrl.domain.errors import Unavailable
from tabrl.domain.people import Ticket
from tabrl_inference.bootstrap import visitors
from tabrl_inference.limits import Limits
from tabrl_inference.visitors import Visitors
from tests.twins import MemoryTicketStore

ADDRESS = "/api/models/mdl_a/inference"


async def refusal(url: str) -> tuple[int, str]:
    """Status and code of a handshake that is refused."""
    with pytest.raises(InvalidStatus) as refused:
        async with connect(url):
            pass
    answer = refused.value.response
    return answer.status_code, json.loads(answer.body or b"{}")["code"]


async def test_a_ticket_opens_one_socket_once(start, kit):
    tickets = MemoryTicketStore()
    async with start(Limits(), visitors=Visitors(tickets)) as rig:
        assert await refusal(rig.url()) == (401, "log_in")
        assert await refusal(f"{rig.url()}?ticket=made_up") == (401, "bad_ticket")
        ticket = tickets.issue(Ticket("ada", ADDRESS))
        assert await refusal(f"{rig.url('mdl_b')}?ticket={ticket}") == (404, "other_model")

        ticket = tickets.issue(Ticket("ada", ADDRESS))
        async with connect(f"{rig.url()}?ticket={ticket}") as client:
            hello = kit.Hello(model_id="mdl_a", scene_sha256=kit.SCENE)
            await client.send(hello.model_dump_json())
            assert json.loads(await client.recv())["type"] == "welcome"
            assert await refusal(f"{rig.url()}?ticket={ticket}") == (401, "bad_ticket")
        async with httpx.AsyncClient() as http:
            probe = await http.get(f"http://127.0.0.1:{rig.port}/healthz")
        assert probe.status_code == 200


async def test_without_the_store_of_tickets_nobody_is_let_in(start):
    class Away(MemoryTicketStore):
        def redeem(self, secret: str) -> Ticket | None:
            raise Unavailable("Redis failed.", code="redis_unavailable")

    async with start(Limits(), visitors=Visitors(Away())) as rig:
        assert await refusal(f"{rig.url()}?ticket=x") == (503, "tickets_unavailable")


async def test_connections_of_one_address(start):
    limits = OwnerLimits(connections=2)
    async with start(Limits(), visitors=Visitors(limits=limits)) as rig:
        async with rig.joined(), rig.joined(), rig.connect() as third:
            refused = json.loads(await third.recv())
            assert refused["code"] == "too_many_connections"
            with pytest.raises(ConnectionClosed) as closed:
                await third.recv()
            assert closed.value.rcvd.code == 1013
        async with rig.joined():  # the others have left
            pass


async def test_one_owner_does_not_take_anothers_place(start, kit):
    tickets = MemoryTicketStore()
    visited = Visitors(tickets, limits=OwnerLimits(connections=1))
    async with start(Limits(), visitors=visited) as rig:

        def url(owner: str) -> str:
            return f"{rig.url()}?ticket={tickets.issue(Ticket(owner, ADDRESS))}"

        hello = kit.Hello(model_id="mdl_a", scene_sha256=kit.SCENE).model_dump_json()
        async with connect(url("ada")), connect(url("ada")) as second, connect(url("bob")) as other:
            assert json.loads(await second.recv())["code"] == "too_many_connections"
            await other.send(hello)
            assert json.loads(await other.recv())["type"] == "welcome"


async def test_who_sends_too_fast_is_read_more_slowly(start, kit):
    slow = Visitors(limits=OwnerLimits(messages=50))
    async with start(Limits(), visitors=slow) as rig, rig.joined() as client:
        begin = time.monotonic()
        for tick in range(75):
            await kit.exchange(client, kit.random_row(tick), tick)
        assert time.monotonic() - begin > 0.45  # 50 at once, then 25 at 50 a second


def test_where_nobody_logs_in_nothing_is_asked_or_counted():
    alone = visitors(Settings())
    assert (alone.tickets, alone.limits) == (None, OwnerLimits())
    assert visitors(Settings(auth="token")).tickets is not None
    assert visitors(Settings(host="0.0.0.0")).limits.connections is not None
