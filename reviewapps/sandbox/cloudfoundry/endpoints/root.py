"""Where everything begins: the documents that need no token."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints
from reviewapps.sandbox.cloudfoundry.links import Links

API_VERSION = "3.228.0"
_RESOURCES = (
    "app_usage_events",
    "apps",
    "audit_events",
    "buildpacks",
    "builds",
    "deployments",
    "domains",
    "droplets",
    "environment_variable_groups",
    "feature_flags",
    "info",
    "isolation_segments",
    "organizations",
    "organization_quotas",
    "packages",
    "processes",
    "resource_matches",
    "roles",
    "routes",
    "security_groups",
    "service_brokers",
    "service_instances",
    "service_credential_bindings",
    "service_offerings",
    "service_plans",
    "service_route_bindings",
    "service_usage_events",
    "spaces",
    "space_quotas",
    "stacks",
    "tasks",
    "users",
)


class Root(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/", self._root)
        router.add_get("/v3", self._v3)
        router.add_get("/v3/info", self._info)

    async def _root(self, request: web.Request) -> web.Response:
        base = Links.of(request).base
        here = {"href": base}
        links = {
            "self": here,
            "cloud_controller_v3": {"href": f"{base}/v3", "meta": {"version": API_VERSION}},
            "network_policy_v0": {"href": f"{base}/networking/v0/external"},
            "network_policy_v1": {"href": f"{base}/networking/v1/external"},
            "login": here,
            "uaa": here,
            "credhub": None,
            "routing": None,
            "logging": None,
            "log_cache": here,
            "log_stream": None,
            "app_ssh": None,
        }
        return web.json_response({"links": links})

    async def _v3(self, request: web.Request) -> web.Response:
        links = Links.of(request)
        resources = {name: links(name) for name in _RESOURCES}
        return web.json_response({"links": {"self": {"href": f"{links.base}/v3"}, **resources}})

    async def _info(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "build": "",
                "cli_version": {"minimum": "", "recommended": ""},
                "custom": {},
                "description": "Cloud Foundry on this machine",
                "name": "sandbox",
                "version": 0,
                "osbapi_version": "2.15",
                "rate_limits": {"enabled": False, "general_limit": 0, "reset_interval_in_minutes": 0},
                "links": {"self": Links.of(request)("info"), "support": {"href": ""}},
            }
        )
