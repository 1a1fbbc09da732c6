"""Where apps live: what Diego, the buildpacks, Gorouter and log-cache are in a real Cloud Foundry.

``stage`` turns a package into a droplet, an ``Instance`` runs a droplet and keeps it running, ``run_task``
runs one once, the ``Router`` finds an instance by host, and ``Logs`` remembers what all of them said.
The Cloud Controller's half (apps, builds, processes, routes as JSON) is the folder above.
"""

from reviewapps.sandbox.cloudfoundry.runtime.health import HealthCheck
from reviewapps.sandbox.cloudfoundry.runtime.instance import Instance, InstanceSpec
from reviewapps.sandbox.cloudfoundry.runtime.logs import REMEMBERED, Logs, Span
from reviewapps.sandbox.cloudfoundry.runtime.output import LogLine
from reviewapps.sandbox.cloudfoundry.runtime.packages import (
    LARGEST_APP,
    PackageTooLargeError,
    UnsafePackageError,
    inside,
    unzip,
)
from reviewapps.sandbox.cloudfoundry.runtime.route_services import Signatures
from reviewapps.sandbox.cloudfoundry.runtime.router import Backend, Router
from reviewapps.sandbox.cloudfoundry.runtime.staging import Staged, StagingFailed, stage
from reviewapps.sandbox.cloudfoundry.runtime.tasks import run_task
from reviewapps.sandbox.cloudfoundry.runtime.threads import in_thread

__all__ = [
    "LARGEST_APP",
    "REMEMBERED",
    "Backend",
    "HealthCheck",
    "Instance",
    "InstanceSpec",
    "LogLine",
    "Logs",
    "PackageTooLargeError",
    "Router",
    "Signatures",
    "Span",
    "Staged",
    "StagingFailed",
    "UnsafePackageError",
    "in_thread",
    "inside",
    "run_task",
    "stage",
    "unzip",
]
