"""``cf push`` of the same tree: the command line where it is on PATH, else its own requests, with its 3 s between
two looks, as the sandbox's tests replay them."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from tests.sandbox.cf_cli.connection import Cf
from tests.sandbox.cf_cli.installed import CF, InstalledCf
from tests.sandbox.cf_cli.pushing import push
from tests.sandbox.cf_cli.targeting import api, auth, target

USER = "by-cf"
INTERVAL = 3.0


class CfPush:
    """One user of the client, logged in, who is nobody else."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = told
        where = f"{told['cf_org']}/{told['cf_space']}"
        words = {"name": USER, "password": USER, "roles": {where: "space_developer"}}
        requests.post(f"{told['cf_api']}/_sandbox/users", json=words, timeout=10).raise_for_status()
        self.how = "cf" if CF else "the requests of cf"
        self._push = self._installed() if CF else self._replayed()

    def push(self, name: str, files: Mapping[str, bytes], *, rolling: bool) -> float:
        """Seconds until the command ends."""
        began = time.monotonic()
        self._push(name, files, rolling)
        return time.monotonic() - began

    def _replayed(self) -> Any:
        cf = Cf(interval=INTERVAL)
        api(cf, str(self._told["cf_api"]))
        auth(cf, USER, USER)
        target(cf, str(self._told["cf_org"]), str(self._told["cf_space"]))

        def replayed(name: str, files: Mapping[str, bytes], rolling: bool) -> None:
            texts = {path: content.decode() for path, content in files.items()}
            push(cf, name, texts, strategy="rolling" if rolling else "")

        return replayed

    def _installed(self) -> Any:
        home = Path(tempfile.mkdtemp())
        cf = InstalledCf(home)
        cf("api", str(self._told["cf_api"]), "--skip-ssl-validation")
        cf("auth", USER, USER)
        cf("target", "-o", str(self._told["cf_org"]), "-s", str(self._told["cf_space"]))

        def installed(name: str, files: Mapping[str, bytes], rolling: bool) -> None:
            folder = cf.folder(name, {path: content.decode() for path, content in files.items()})
            cf("push", name, "-p", str(folder), *(["--strategy", "rolling"] if rolling else []))

        return installed
