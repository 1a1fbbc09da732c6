"""What Gorouter writes of a request into the app's log."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from aiohttp import web
from multidict import CIMultiDict

from reviewapps.sandbox.cloudfoundry.runtime.forwarding import BODY_BYTES, REQUEST_ID
from reviewapps.sandbox.cloudfoundry.runtime.instance import Instance


def access_line(
    request: web.Request,
    headers: CIMultiDict[str],
    instance: Instance,
    response: web.StreamResponse,
    began: float,
) -> str:
    """One line for one answered request; ``began`` is the ``time.time()`` of its arrival."""
    arrived = datetime.fromtimestamp(began, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    peer = request.transport.get_extra_info("peername") if request.transport else None
    sender = f"{peer[0]}:{peer[1]}" if peer else "-"
    words = [
        f"{request.host} - [{arrived}]",
        f'"{request.method} {request.raw_path} HTTP/{request.version.major}.{request.version.minor}"',
        f"{response.status} {request.content_length or 0} {response.get(BODY_BYTES, 0)}",
        f'"{headers.get("Referer", "-")}" "{headers.get("User-Agent", "-")}"',
        f'"{sender}" "127.0.0.1:{instance.port}"',
        f'x_forwarded_for:"{headers["X-Forwarded-For"]}"',
        f'x_forwarded_proto:"{headers["X-Forwarded-Proto"]}"',
        f'vcap_request_id:"{headers[REQUEST_ID]}"',
        f"response_time:{time.time() - began:.6f}",
        f'app_id:"{headers["X-CF-ApplicationID"]}" app_index:"{instance.spec.index}"',
        f'instance_id:"{instance.guid}"',
        f'x_cf_routererror:"{response.headers.get("X-Cf-RouterError", "-")}"',
    ]
    return " ".join(words)
