"""Who may ask for what: every operation by its owner, by a stranger, and by nobody."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabrl.adapters.settings import Settings
from tabrl.domain.errors import Conflict, Invalid
from tabrl_api import openapi
from tabrl_api.people.start import raise_unless_guarded
from tabrl_api.tokens import create as create_token
from tests.support.gateway import Gateway
from tests.support.house import BODIES, House
from tests.twins import MemoryDatabase, MemoryTokenRepository
from tests.unit.api.test_problems import check_problem

DOCUMENT = json.loads(openapi.document())
QUERIES = {"followJobs": "?job={job_id}"}
DONE = {200, 201, 202, 204}
OTHERWISE = {  # the toy robot has no files, the exporter is away, the job left nothing
    "getPicture": {404},
    "getVisuals": {404},
    "getConstants": {404},
    "getEpisodes": {404},
    "listExportFormats": {503},
    "exportModel": {503},
    "keepGoing": {409},
}


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    id: str
    method: str
    path: str

    @property
    def guarded(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def personal(self) -> bool:
        """Whether its address names what belongs to somebody."""
        return bool(re.search(r"\{(task|job|model)_id\}", self.path))

    def send(self, client: TestClient, ids: dict[str, str], **options: Any) -> Any:
        address = (self.path + QUERIES.get(self.id, "")).format(**ids)
        return client.request(self.method, address, json=BODIES.get(self.id), **options)


OPERATIONS = [
    Operation(entry["operationId"], method, path)
    for path, entries in DOCUMENT["paths"].items()
    for method, entry in entries.items()
]
PERSONAL = [one for one in OPERATIONS if one.personal]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_every_operation_by_owner_stranger_and_nobody(house: House, operation: Operation) -> None:
    if operation.id in ("followJob", "followJobs", "keepGoing", "deleteTask", "deleteModel"):
        house.end_job()
    refused = operation.send(house.nobody, house.ids)
    if operation.guarded:
        check_problem(refused, 401, "log_in")
        assert refused.headers["www-authenticate"] == "Bearer"
    else:
        assert refused.status_code == 200
    if operation.personal:
        kind = {"task": "task", "job": "job", "model": "model"}
        named = next(kind[word] for word in kind if f"{{{word}_id}}" in operation.path)
        check_problem(operation.send(house.bob, house.ids), 404, f"unknown_{named}")
    own = operation.send(house.ada, house.ids)
    assert own.status_code in OTHERWISE.get(operation.id, DONE), own.text
    assert str(own.status_code) in _described(operation)


def _described(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = DOCUMENT["paths"][operation.path][operation.method]["responses"]
    return described


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_whatever_a_stranger_sends_it_is_as_if_nothing_were_there(
    house: House, data: st.DataObject
) -> None:
    operation = data.draw(st.sampled_from(PERSONAL))
    values = st.recursive(
        st.none() | st.booleans() | st.integers(-3, 2000) | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["candidate", "weights", "parent", "code", "checks", "sway"]), inner
            )
        ),
        max_leaves=6,
    )
    body = json.dumps(data.draw(values))
    secret = data.draw(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60))
    n = data.draw(st.integers(1, 3))
    address = operation.path.format(**{**house.ids, "n": n})
    headers = {"Content-Type": "application/json"}
    answer = house.bob.request(operation.method, address, content=body, headers=headers)
    assert answer.status_code in (404, 422), answer.text
    assert str(answer.status_code) in _described(operation)
    for client, more in (
        (house.nobody, {"Authorization": f"Bearer {secret}"}),
        (house.nobody, {"Authorization": secret}),
        (house.nobody, {"X-Forwarded-Email": "ada", "X-Forwarded-User": "ada"}),
    ):
        refused = client.request(
            operation.method, f"{address}?ticket=ada", content=body, headers={**headers, **more}
        )
        assert refused.status_code == 401, refused.text


def test_lists_show_ones_own(house: House) -> None:
    for path, key in (("tasks", "tasks"), ("jobs", "jobs"), ("models", "models")):
        assert house.ada.get(f"/api/{path}").json()[key], path
        assert house.bob.get(f"/api/{path}").json()[key] == [], path
    assert house.ada.get("/api/me").json() == {
        "owner": "ada", "log_in": "token", "guest_of": None
    }  # fmt: skip


def test_a_stranger_cannot_go_on_from_ones_task(house: House) -> None:
    parent = {"task_id": house.ids["task_id"], "candidate": 1, "job_id": house.ids["job_id"]}
    body = {"robot": "toy", "prompt": "lower", "parent": parent}
    check_problem(house.bob.post("/api/tasks", json=body), 404, "unknown_task")
    assert house.ada.post("/api/tasks", json=body).status_code == 202


def test_one_key_of_two_people_is_two_keys(house: House) -> None:
    made = [
        client.post("/api/tasks", json=BODIES["createTask"], headers={"Idempotency-Key": "k"})
        for client in (house.ada, house.bob, house.ada)
    ]
    first, others, again = [answer.json()["id"] for answer in made]
    assert first == again != others


def test_a_revoked_token_is_worth_nothing(house: House) -> None:
    (token,) = [one for one in house.gateway.context.tokens.list() if one.owner == "ada"]
    house.gateway.context.tokens.revoke(token.id)
    check_problem(house.ada.get("/api/tasks"), 401, "bad_token")
    assert house.bob.get("/api/tasks").status_code == 200


def test_only_hashes_are_kept(house: House) -> None:
    tokens = house.gateway.context.tokens
    made = create_token("Eve@Lab.example", "laptop", tokens, house.gateway.context.clock)
    assert made["owner"] == "eve@lab.example"
    assert len(str(made["token"])) > 50
    assert str(made["token"]) not in repr(tokens.__dict__)


@pytest.mark.parametrize("name", ["", "no body", "a:b", "-x", "x" * 101, "ünal"])
def test_a_name_that_nobody_can_have(house: House, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        create_token(name, "", house.gateway.context.tokens, house.gateway.context.clock)
    assert refused.value.code == "bad_owner"


@pytest.mark.parametrize(
    ("given", "lets_in"),
    [
        ({}, True),
        ({"host": "localhost"}, True),
        ({"host": "::1"}, True),
        ({"auth": "token"}, True),  # on loopback: a token can be made later
        ({"host": "0.0.0.0"}, False),
        ({"host": "192.168.1.7", "auth": "token"}, False),
        ({"host": "0.0.0.0", "auth": "none"}, True),
        ({"auth": "proxy"}, False),
        ({"host": "0.0.0.0", "auth": "proxy", "trusted_proxies": "10.0.0.1"}, True),
    ],
)
def test_what_may_start_without_a_token(house: House, given: dict[str, Any], lets_in: bool) -> None:
    none = MemoryTokenRepository(MemoryDatabase(house.gateway.context.clock))
    with nullcontext() if lets_in else pytest.raises(Conflict) as refused:
        raise_unless_guarded(Settings(**given), none)
    if refused is not None:
        assert "TABRL_" in refused.value.message + refused.value.hint
    if lets_in or given.get("auth") != "proxy":
        raise_unless_guarded(Settings(**given), house.gateway.context.tokens)


def test_without_a_log_in_nothing_is_asked(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    assert gateway.http.get("/api/me").json()["owner"] == "local"
    task = gateway.ready_task()
    headers = {"Authorization": "Bearer of nothing"}
    assert gateway.http.get(f"/api/tasks/{task}", headers=headers).status_code == 200


# --- tickets


def test_a_stream_opens_with_a_ticket_once(house: House) -> None:
    house.end_job()
    made = house.ada.post(f"/api/jobs/{house.ids['job_id']}/ticket")
    assert made.status_code == 201
    events = f"/api/jobs/{house.ids['job_id']}/events?ticket={made.json()['ticket']}"
    assert "succeeded" in house.nobody.get(events).text
    check_problem(house.nobody.get(events), 401, "bad_ticket")


def test_a_ticket_is_for_one_address(house: House) -> None:
    for wrong in ("/api/tasks", f"/api/models/{house.ids['model_id']}", "/api/jobs/job_x/events"):
        ticket = house.ada.post(f"/api/jobs/{house.ids['job_id']}/ticket").json()["ticket"]
        check_problem(house.nobody.get(f"{wrong}?ticket={ticket}"), 401, "bad_ticket")


def test_a_token_in_an_address_is_no_token(house: House) -> None:
    token = house.ada.headers["Authorization"].split()[1]
    for name in ("token", "ticket", "access_token"):
        assert house.nobody.get(f"/api/tasks?{name}={token}").status_code == 401


# --- links


def test_a_link_shows_one_model_and_nothing_else(house: House) -> None:
    model = f"/api/models/{house.ids['model_id']}"
    link = house.ada.post(f"{model}/share").json()
    assert link["path"] == f"/models/{house.ids['model_id']}#{link['secret']}"
    guest = house.gateway.client(link["secret"])
    assert guest.get(model).json()["id"] == house.ids["model_id"]
    assert guest.get(f"{model}/params").status_code == 200
    assert guest.get("/api/robots/toy/scene.xml").status_code == 200
    assert guest.post(f"{model}/ticket").status_code == 201
    assert guest.get("/api/me").json()["guest_of"] == house.ids["model_id"]
    assert len(guest.get("/api/models").json()["models"]) == 1
    assert guest.get("/api/tasks").json() == {"tasks": [], "next": None}
    assert guest.get("/api/jobs").json() == {"jobs": [], "next": None}
    check_problem(guest.get(f"/api/tasks/{house.ids['task_id']}"), 404, "unknown_task")
    check_problem(guest.post(f"/api/jobs/{house.ids['job_id']}/ticket"), 404, "unknown_job")
    check_problem(guest.post(f"{model}/share"), 403, "read_only")
    check_problem(guest.post("/api/tasks", json=BODIES["createTask"]), 403, "read_only")

    assert house.ada.delete(f"{model}/share").status_code == 204
    check_problem(guest.get(model), 401, "bad_token")


# --- a proxy in front


@pytest.fixture
def proxied(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path, auth="proxy", trusted_proxies="10.0.0.0/8, ::1")


def test_a_trusted_proxy_says_who_it_is(proxied: Gateway) -> None:
    from_proxy = TestClient(
        proxied.http.app, base_url="http://127.0.0.1:8400", client=("10.1.2.3", 5000)
    )
    header = {"X-Forwarded-Email": "Ada@Lab.example"}
    assert from_proxy.get("/api/me", headers=header).json()["owner"] == "ada@lab.example"
    check_problem(from_proxy.get("/api/me"), 401, "log_in")
    check_problem(from_proxy.get("/api/me", headers={"X-Forwarded-Email": "a b"}), 401, "bad_user")


def test_nobody_else_is_believed_that_header(proxied: Gateway) -> None:
    for peer in ("203.0.113.7", "11.0.0.1", "testclient"):
        outside = TestClient(
            proxied.http.app, base_url="http://127.0.0.1:8400", client=(peer, 5000)
        )
        headers = {"X-Forwarded-Email": "ada@lab.example", "X-Forwarded-For": "10.0.0.1"}
        check_problem(outside.get("/api/me", headers=headers), 401, "log_in")
    proxied.log_in("ci")
    assert proxied.http.get("/api/me").json()["owner"] == "ci"


# --- the document


def test_the_document_says_how_to_log_in_and_every_status() -> None:
    assert DOCUMENT["info"]["version"]
    assert DOCUMENT["security"] == [{"token": []}]
    assert DOCUMENT["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for operation in OPERATIONS:
        described = _described(operation)
        wanted = {"401", "403", "413", "421", "422", "429", "500", "503"}
        assert not operation.guarded or wanted <= set(described), operation.id
        entry = DOCUMENT["paths"][operation.path][operation.method]
        assert operation.guarded or entry["security"] == [], operation.id
