"""A local server that speaks OpenAI's chat protocol and gives prepared answers, good and bad."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STYLES = {
    "the DIRECT cand": "direct",
    "the RHYTHMIC cand": "rhythmic",
    "the REFERENCE-POSTURE cand": "reference",
    "Write the MOTIONS": "motion",
}
UNSAID: dict[str, Any] = {"declined": False, "unsaid": "how its eyes shine", "motions": []}
"""What sends a writer from the question for motions on to those for code."""


@dataclass(frozen=True)
class Answer:
    """One answer of the server; `usage` is prompt and completion tokens, `None` says nothing.

    `body` replaces the whole payload. `drips` sends the answer's bytes one by one and never comes
    to an end; `floods` never comes to an end either, as fast as it can.
    """

    text: str | None = ""
    reasoning: str | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    usage: tuple[int, int] | None = (100, 10)
    finish: str = "stop"
    refusal: str | None = None
    choices: int = 1
    body: bytes | None = None
    content_type: str = "application/json"
    drips: bool = False
    floods: bool = False

    def payload(self, model: str) -> bytes:
        """What is sent."""
        if self.body is not None:
            return self.body
        if self.status != 200:
            return json.dumps({"error": {"message": "the stub says no", "type": "stub"}}).encode()
        message: dict[str, Any] = {"role": "assistant", "content": self.text}
        if self.reasoning is not None:
            message["reasoning_content"] = self.reasoning
        if self.refusal is not None:
            message["refusal"] = self.refusal
        choice = {"index": 0, "finish_reason": self.finish, "message": message}
        payload: dict[str, Any] = {
            "id": "chat-1",
            "object": "chat.completion",
            "created": 0,
            "model": model,
            "choices": [choice] * self.choices,
        }
        if self.usage is not None:
            prompt, completion = self.usage
            payload["usage"] = {
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "total_tokens": prompt + completion,
            }
        return json.dumps(payload).encode()


Given = Answer | str | int


@dataclass
class LlmStub:
    """Answers in turn; the last answer for ever. A text, an HTTP status, or an `Answer`.

    `answers` serve everybody, `by_style` only the writer of that style, `by_model` only questions
    to that model. Unless `by_style` has an answer for `motion`, a motion can say nothing. Keeps
    what it was asked; `hung_up` counts who left before the end.
    """

    answers: list[Given] = field(default_factory=list)
    by_style: dict[str, list[Given]] = field(default_factory=dict)
    by_model: dict[str, list[Given]] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""
    closing: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, request: dict[str, Any]) -> Answer:
        """The next answer to whoever asks."""
        with self._lock:
            self.requests.append(request)
            model, style = str(request["model"]), style_of(request)
            if style == "motion" and style not in self.by_style:
                return Answer(json.dumps(UNSAID))
            queue = self.by_model.get(model) or self.by_style.get(style) or self.answers
            given = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(given, int):
            return Answer(status=given)
        return Answer(given) if isinstance(given, str) else given

    def of_style(self, style: str) -> list[dict[str, Any]]:
        """The requests of one writer, in order."""
        return [request for request in self.requests if style_of(request) == style]


def style_of(request: dict[str, Any]) -> str:
    """What a request wants written: direct, rhythmic, reference, motion, or "" for none."""
    opening = next((m["content"] for m in request["messages"] if m["role"] == "user"), "")
    return next((style for word, style in STYLES.items() if word in opening), "")


@contextmanager
def llm_stub() -> Iterator[LlmStub]:
    """A running stub on a port of its own."""
    stub = LlmStub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = json.loads(body)
            answer = stub.next(request)
            data = answer.payload(str(request["model"]))
            try:
                self._send(answer, data)
            except OSError:  # whoever asked has gone
                stub.hung_up.release()

        def _send(self, answer: Answer, data: bytes) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if not (answer.drips or answer.floods):
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if not (answer.drips or answer.floods):
                self.wfile.write(data)
                return
            while answer.floods and not stub.closing.is_set():
                self.wfile.write(b" " * 65536)
            self.close_connection = True
            for byte in data:
                self.wfile.write(bytes([byte]))
            while not stub.closing.wait(0.05):
                self.wfile.write(b" ")

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield stub
    finally:
        stub.closing.set()
        server.shutdown()
        server.server_close()
