"""Hooks and their deliveries."""

from __future__ import annotations

import json

from reviewapps.sandbox.github.presenters.urls import Urls
from reviewapps.sandbox.github.state import JSON, Delivery, Hook

HIDDEN = "********"


def hook(hook: Hook, urls: Urls) -> JSON:
    """A hook; the secret is not told."""
    told: JSON = {
        "type": "App" if hook.app else "Repository",
        "id": hook.id,
        "name": "web",
        "active": hook.active,
        "events": hook.events,
        "config": config(hook),
        "updated_at": hook.updated_at,
        "created_at": hook.created_at,
    }
    if hook.repository is None:
        return told | {"app_id": hook.app.id if hook.app else None}
    api = urls.repository(hook.repository, "hooks", hook.id)
    return told | {
        "url": api,
        "test_url": f"{api}/test",
        "ping_url": f"{api}/pings",
        "deliveries_url": f"{api}/deliveries",
        "last_response": hook.last_response,
    }


def config(hook: Hook) -> JSON:
    """Where it leads, and how."""
    secret = {"secret": HIDDEN} if hook.secret else {}
    told = {"content_type": hook.content_type, "insecure_ssl": hook.insecure_ssl, "url": hook.url}
    return told | secret


def delivery_item(delivery: Delivery) -> JSON:
    """A delivery in the list of them."""
    names = (
        "id",
        "guid",
        "delivered_at",
        "redelivery",
        "duration",
        "status",
        "status_code",
        "event",
        "action",
    )
    told = {name: getattr(delivery, name) for name in (*names, "installation_id", "repository_id")}
    return told | {"throttled_at": None}


def delivery(delivery: Delivery) -> JSON:
    """A delivery alone, with what was said on both sides."""
    return delivery_item(delivery) | {
        "url": delivery.url,
        "request": {"headers": delivery.request_headers, "payload": json.loads(delivery.body)},
        "response": {"headers": delivery.response_headers, "payload": delivery.response_body},
    }
