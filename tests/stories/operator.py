"""Somebody with an account on Cloud Foundry and the ``cf`` command line, or as good as that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from reviewapps.demo.onlooker import until
from reviewapps.sandbox.cloudfoundry.state import App, SpaceQuota
from reviewapps.sandbox.world import DEPLOYER, SPACE, World


class Operator:
    """Changes by hand what is in the space of the previews. Has an account of their own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._session = requests.Session()
        self._session.trust_env = False

    def app(self, name: str) -> App:
        """The app of this name."""
        found = self._world.cloudfoundry.world.app_named(self._world.cloudfoundry.space(SPACE), name)
        assert found is not None, f"there is no app {name}"
        return found

    def delete(self, name: str) -> None:
        """``cf delete``"""
        self.ask("DELETE", f"/v3/apps/{self.app(name).guid}")

    def stop(self, name: str) -> None:
        """``cf stop``"""
        self.ask("POST", f"/v3/apps/{self.app(name).guid}/actions/stop")

    def delete_service(self, name: str) -> None:
        """``cf delete-service``"""
        found = self.ask("GET", f"/v3/service_instances?names={name}")["resources"]
        self.ask("DELETE", f"/v3/service_instances/{found[0]['guid']}")

    def delete_route(self, host: str) -> None:
        """``cf delete-route``"""
        found = self.ask("GET", f"/v3/routes?hosts={host}")["resources"]
        self.ask("DELETE", f"/v3/routes/{found[0]['guid']}")

    def create_service(self, name: str, plan: str) -> None:
        """``cf create-service OFFERING PLAN NAME --wait``"""
        offering, _, plan = plan.partition("/")
        query = f"names={plan}&service_offering_names={offering}"
        guid = self.ask("GET", f"/v3/service_plans?{query}")["resources"][0]["guid"]
        relationships = {**self._in_the_space(), "service_plan": {"data": {"guid": guid}}}
        self.ask(
            "POST", "/v3/service_instances", {"type": "managed", "name": name, "relationships": relationships}
        )

        def made() -> bool | None:
            (one,) = self.ask("GET", f"/v3/service_instances?names={name}")["resources"]
            return one["last_operation"]["state"] == "succeeded" or None

        until(f"the service {name}", made)

    def create_user_provided(self, name: str, credentials: Mapping[str, str]) -> None:
        """``cf create-user-provided-service``"""
        wanted = {"type": "user-provided", "name": name, "credentials": dict(credentials)}
        self.ask("POST", "/v3/service_instances", {**wanted, "relationships": self._in_the_space()})

    def processes(self, name: str) -> list[Any]:
        """``cf app``"""
        return list(self.ask("GET", f"/v3/apps/{self.app(name).guid}/processes")["resources"])

    def limit_memory(self, megabytes: int) -> None:
        """``cf create-space-quota`` and ``cf set-space-quota``, by whoever manages the org"""
        foundry = self._world.cloudfoundry
        space = foundry.space(SPACE)
        quota = SpaceQuota(name="small", memory_mb=megabytes, organization=space.organization)
        space.quota = foundry.world.add(quota)

    def create_app(self, name: str) -> None:
        """``cf create-app``"""
        self.ask("POST", "/v3/apps", {"name": name, "relationships": self._in_the_space()})

    def create_route(self, host: str) -> None:
        """``cf create-route``"""
        domain = self.ask("GET", "/v3/domains")["resources"][0]["guid"]
        relationships = {**self._in_the_space(), "domain": {"data": {"guid": domain}}}
        self.ask("POST", "/v3/routes", {"host": host, "relationships": relationships})

    def refusals(self) -> list[str]:
        """What the platform did not do for want of room."""
        observed = self._world.cloudfoundry.observed
        return [f"{call.method} {call.path}" for call in observed.asked() if call.status == 422]

    def _in_the_space(self) -> dict[str, Any]:
        return {"space": {"data": {"guid": self._world.cloudfoundry.space(SPACE).guid}}}

    def ask(self, method: str, path: str, body: Any = None, *, who: str = DEPLOYER) -> Any:
        """``cf curl``, by somebody whose password is their name"""
        answer = self.answer(method, path, who=who, json=body)
        return answer.json() if answer.content else None

    def answer(self, method: str, path: str, *, who: str = DEPLOYER, **what: Any) -> requests.Response:
        """The same for what is no JSON; ``what`` is as requests has it."""
        api = self._world.cloudfoundry.api_url
        form = {"grant_type": "password", "username": who, "password": who}
        token = self._session.post(f"{api}/oauth/token", data=form, auth=("cf", ""), timeout=30).json()
        headers = {"Authorization": f"bearer {token['access_token']}"}
        answer = self._session.request(method, api + path, headers=headers, timeout=30, **what)
        assert answer.ok, answer.text
        return answer
