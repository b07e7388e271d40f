"""The process: event loop, signals, logs."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys

import uvloop

from tabrl.adapters import logs
from tabrl.adapters.settings import Settings
from tabrl_inference.bootstrap import InferenceSettings, build
from tabrl_inference.server import InferenceServer

SWITCH_S = 0.0001

log = logging.getLogger(__name__)


def run() -> None:
    """Serve as the environment says, until SIGTERM or SIGINT; exits 1 if the port is taken."""
    logs.configure()
    # It names every connection and, at debug level, quotes what clients send.
    logging.getLogger("websockets").setLevel(logging.WARNING)
    logs.log_refused_robots()
    settings = Settings()
    server = build(settings, InferenceSettings())
    # A thread that reads database or store gives way to the event loop at once: by default it may
    # hold it up for 5 ms at each of the loop's system calls.
    sys.setswitchinterval(SWITCH_S)
    gc.freeze()  # what is imported stays; full collections need not walk through it at 50 Hz
    try:
        uvloop.run(serve_until_stopped(server, settings.host, settings.inference_port))
    except OSError as error:
        raise SystemExit(
            f"inference: cannot listen on {settings.host}:{settings.inference_port} "
            f"({error.strerror}); set TABRL_INFERENCE_PORT"
        ) from None


async def serve_until_stopped(server: InferenceServer, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then let the clients know and close."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with server.running(host, port) as bound:
        log.info("serving on %s:%d", host, bound)
        await stop.wait()
        log.info("draining")
