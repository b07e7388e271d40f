"""Probes and metrics on the WebSocket's port."""

from __future__ import annotations

import httpx
import pytest


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_probes(rig, path):
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"http://127.0.0.1:{rig.port}{path}")
    assert answer.status_code == 200


async def test_metrics_count_what_happened(rig, kit):
    async with rig.joined() as client, httpx.AsyncClient() as http:
        await kit.exchange(client, kit.random_row(0))
        answer = await http.get(f"http://127.0.0.1:{rig.port}/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert "tabrl_inference_clients 1.0" in lines
    assert "tabrl_inference_batch_rows_count 1.0" in lines
    assert 'tabrl_inference_refusals_total{code="not_finite"} 0.0' in lines


async def test_other_paths_are_not_found(rig):
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"http://127.0.0.1:{rig.port}/etc/passwd")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"
