"""The features of apps: which there are, and what is so while nobody says otherwise."""

from __future__ import annotations

from reviewapps.sandbox.cloudfoundry.state import App

DESCRIPTIONS = {
    "ssh": "Enable SSHing into the app.",
    "revisions": "Enable versioning of an application",
    "service-binding-k8s": "Enable k8s service bindings for the app",
    "file-based-vcap-services": "Enable file-based VCAP service bindings for the app",
}
_ON = ("ssh", "revisions")


def enabled(app: App, feature: str) -> bool:
    return app.features.get(feature, feature in _ON)
