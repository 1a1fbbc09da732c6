"""A Slack of one workspace: incoming webhooks and the web API, answering as Slack documents.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, /reference/methods/chat.postMessage,
chat.update and auth.test, /apis/web-api/rate-limits.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import parse_qs

TOKEN = "xoxb-1-x0x0secret"


@dataclass
class Message:
    """``texts`` are all that it ever said, the newest last."""

    channel: str
    ts: str
    texts: list[str]

    @property
    def text(self) -> str:
        return self.texts[-1]


@dataclass(frozen=True)
class Trouble:
    """What goes wrong with a request: it is refused with ``status`` (and ``error``), somebody in between sends a
    ``page``, its answer is ``lost`` after it was obeyed, or it hangs for so many ``seconds``."""

    kind: Literal["refused", "page", "lost", "hangs"] = "refused"
    status: int = 500
    error: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


class Slack:
    """``channels`` are what the bot is in, by name; ``closed`` those that it is not in. A webhook leads to the
    first.

    While ``broken`` everything is refused; ``troubles`` are for one request each. What was asked is in ``asked``.
    """

    def __init__(self, *, broken: bool = False, channels: tuple[str, ...] = ("#shop",)) -> None:
        self.broken, self.troubles = broken, list[Trouble]()
        self.channels = {name: f"C{number:09}" for number, name in enumerate(channels, 1)}
        self.closed: dict[str, str] = {}
        self.scopes = "chat:write,incoming-webhook"
        self.messages: list[Message] = []
        self.asked: list[str] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.root = f"http://127.0.0.1:{self._server.server_port}"
        self.url, self.api = f"{self.root}/services/T0/B0/x0x0secret", f"{self.root}/api/"

    @property
    def bot(self) -> dict[str, str]:
        """The settings by which a bot comes here."""
        return {"SLACK_TOKEN": TOKEN, "SLACK_URL": self.api, "SLACK_CHANNEL": next(iter(self.channels))}

    @property
    def lines(self) -> list[str]:
        """All that stands in the channels, line by line."""
        return [line for message in self.messages for line in message.text.split("\n")]

    def line(self, *words: str) -> str | None:
        """The first line that holds all these words."""
        return next((line for line in self.lines if all(word in line for word in words)), None)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # --- what it does ---

    def trouble(self, path: str) -> Trouble | None:
        with self._lock:
            self.asked.append(path)
            if self.broken:
                return Trouble()
            return self.troubles.pop(0) if self.troubles else None

    def obey(self, path: str, token: str, body: dict[str, Any]) -> dict[str, Any] | str:
        """The answer: the web API's as an object, a webhook's as a word."""
        with self._lock:
            if path.startswith("/services/"):
                return self._hook(path, body)
            if token != f"Bearer {TOKEN}":
                return {"ok": False, "error": "not_authed" if not token else "invalid_auth"}
            match path.removeprefix("/api/"):
                case "auth.test":
                    return {"ok": True, "url": f"{self.root}/", "team": "Acme", "user": "reviewapps"}
                case "chat.postMessage":
                    return self._post(body)
                case "chat.update":
                    return self._update(body)
            return {"ok": False, "error": "unknown_method"}

    def _hook(self, path: str, body: dict[str, Any]) -> str:
        if not self.url.endswith(path):
            return "no_service"
        if not body.get("text") and not body.get("blocks"):
            return "no_text"
        if any(len(block["text"]["text"]) > 3000 for block in body.get("blocks", ())):
            return "invalid_blocks"
        self._keep(next(iter(self.channels.values())), body["text"])
        return "ok"

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        name = body.get("channel", "")
        if name in self.closed:
            return {"ok": False, "error": "not_in_channel"}
        known = self.channels.get(name, name)
        if known not in self.channels.values():
            return {"ok": False, "error": "channel_not_found"}
        if "chat:write" not in self.scopes:
            return {"ok": False, "error": "missing_scope", "needed": "chat:write", "provided": self.scopes}
        message = self._keep(known, body["text"])
        return {"ok": True, "channel": known, "ts": message.ts, "message": {"text": message.text}}

    def _update(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("channel") not in self.channels.values():
            return {"ok": False, "error": "channel_not_found"}
        found = next(
            (m for m in self.messages if (m.channel, m.ts) == (body["channel"], body.get("ts"))), None
        )
        if found is None:
            return {"ok": False, "error": "message_not_found"}
        found.texts.append(body["text"])
        return {"ok": True, "channel": found.channel, "ts": found.ts, "text": found.text}

    def _keep(self, channel: str, text: str) -> Message:
        message = Message(channel, f"{int(time.time())}.{len(self.messages):06}", [text])
        self.messages.append(message)
        return message


STATUSES = {"no_service": 404, "no_text": 400, "invalid_blocks": 400, "invalid_payload": 400}


def _answering(slack: Slack) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            trouble = slack.trouble(self.path)
            if trouble is not None and trouble.kind == "hangs":
                time.sleep(trouble.seconds)
            if trouble is not None and trouble.kind == "page":
                return self._answer(trouble.status, "<html>Bad Gateway</html>", "text/html", trouble.headers)
            if trouble is not None and trouble.kind == "refused":
                return self._refuse(trouble)
            answer = slack.obey(self.path, self.headers.get("Authorization", ""), self._read(sent))
            if trouble is not None:
                self.close_connection = True
                return None
            if isinstance(answer, str):
                return self._answer(STATUSES.get(answer, 200), answer, "text/plain; charset=utf-8")
            headers = {"x-oauth-scopes": slack.scopes} if "auth.test" in self.path else {}
            return self._answer(200, json.dumps(answer), "application/json; charset=utf-8", headers)

        def _read(self, sent: str) -> dict[str, Any]:
            if "json" in self.headers.get("Content-Type", ""):
                return dict(json.loads(sent))
            return {name: values[0] for name, values in parse_qs(sent).items()}

        def _refuse(self, trouble: Trouble) -> None:
            if self.path.startswith("/services/"):
                word = trouble.error or ("" if trouble.status >= 500 else "invalid_payload")
                return self._answer(trouble.status, word, "text/plain; charset=utf-8", trouble.headers)
            body = json.dumps({"ok": False, "error": trouble.error or "internal_error"})
            return self._answer(trouble.status, body, "application/json; charset=utf-8", trouble.headers)

        def _answer(self, status: int, body: str, kind: str, headers: dict[str, str] | None = None) -> None:
            try:
                self.send_response(status)
                for name, value in {"Content-Type": kind, **(headers or {})}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())
            except OSError:
                """Nobody waits for the answer any more."""

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: what was said is in ``messages``."""

    return Answering
