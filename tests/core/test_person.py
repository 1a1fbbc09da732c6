"""Whose word it is: who approves has to be known on GitHub, and nobody else is stopped by that."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast

import pytest

from reviewapps.cli.person import person, somebody
from reviewapps.errors import BadSettings
from reviewapps.settings import Settings


class GitHub(BaseHTTPRequestHandler):
    """Tells whose a token is, but of a workflow's."""

    def do_GET(self) -> None:
        known = self.headers["Authorization"] == "Bearer ghp_ada"
        self.send_response(200 if known else 403)
        self.end_headers()
        self.wfile.write(b'{"login": "ada"}' if known else b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@contextmanager
def github() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), GitHub) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def at(url: str) -> Settings:
    return cast(Settings, SimpleNamespace(grants=SimpleNamespace(github=SimpleNamespace(url=url))))


@pytest.fixture(autouse=True)
def at_a_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "me")
    monkeypatch.delenv("GH_TOKEN", raising=False)


def test_whoever_has_a_token_is_called_as_on_github(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_ada")
    with github() as url:
        assert (somebody(at(url)), person(at(url))) == ("ada", "ada")


def test_a_workflows_token_is_nobodys_and_stops_only_who_approves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_workflow")
    with github() as url:
        assert somebody(at(url)) == getpass.getuser() == "me"
        with pytest.raises(BadSettings, match="answered 403"):
            person(at(url))


def test_nor_does_a_github_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_ada")
    with github() as url:
        pass  # nobody listens there from now on
    assert somebody(at(url)) == "me"
    with pytest.raises(BadSettings, match="nobody listens there"):
        person(at(url))
