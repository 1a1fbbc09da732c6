"""Where apps live: what Diego, the buildpacks, Gorouter and log-cache are in a real Cloud Foundry.

``stage`` turns a package into a droplet, an ``Instance`` runs a droplet and keeps it running, ``run_task``
runs one once, the ``Router`` finds an instance by host, and ``Logs`` remembers what all of them said.
The Cloud Controller's half (apps, builds, processes, routes as JSON) is the folder above.
"""

from reviewapps.sandbox.cloudfoundry.runtime.health import HealthCheck
from reviewapps.sandbox.cloudfoundry.runtime.instance import Instance, InstanceSpec
from reviewapps.sandbox.cloudfoundry.runtime.logs import Logs
from reviewapps.sandbox.cloudfoundry.runtime.output import LogLine
from reviewapps.sandbox.cloudfoundry.runtime.route_services import Signatures
from reviewapps.sandbox.cloudfoundry.runtime.router import Backend, Router
from reviewapps.sandbox.cloudfoundry.runtime.staging import Staged, StagingFailed, stage
from reviewapps.sandbox.cloudfoundry.runtime.tasks import run_task

__all__ = [
    "Backend",
    "HealthCheck",
    "Instance",
    "InstanceSpec",
    "LogLine",
    "Logs",
    "Router",
    "Signatures",
    "Staged",
    "StagingFailed",
    "run_task",
    "stage",
]
