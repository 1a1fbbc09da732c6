"""The instances of a process, as the API shows them."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from reviewapps.sandbox.cloudfoundry.cells import Cells
from reviewapps.sandbox.cloudfoundry.links import JSON
from reviewapps.sandbox.cloudfoundry.runtime import Instance
from reviewapps.sandbox.cloudfoundry.state import Process

_MEGABYTE = 1024 * 1024


def stats(cells: Cells, process: Process) -> list[JSON]:
    """One entry for every index that should run; those that do not are DOWN."""
    instances, details = cells.instances(process), cells.placement_error(process)
    return [
        _stat(process, instances[index], index) if index in instances else _down(process, index, details)
        for index in range(process.instances)
    ]


def instance_rows(cells: Cells, process: Process) -> list[JSON]:
    """The short form: index, state, and the seconds since the last change."""
    instances = cells.instances(process)
    rows = []
    for index in range(process.instances):
        instance = instances.get(index)
        since = int(time.time() - instance.since) if instance else 0
        rows.append({"index": index, "state": instance.state if instance else "DOWN", "since": since})
    return rows


def _down(process: Process, index: int, details: str | None) -> JSON:
    return {
        "type": process.type,
        "index": index,
        "state": "DOWN",
        "routable": None,
        "uptime": 0,
        "isolation_segment": None,
        "details": details,
    }


def _stat(process: Process, instance: Instance, index: int) -> JSON:
    memory = process.launch.memory_mb if process.launch else process.memory_mb
    ports = {
        "external": instance.port,
        "internal": 8080,
        "external_tls_proxy_port": None,
        "internal_tls_proxy_port": None,
    }
    usage = {
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "cpu": 0.0,
        "cpu_entitlement": 0.0,
        "mem": 0,
        "disk": 0,
        "log_rate": 0,
    }
    return {
        "type": process.type,
        "index": index,
        "instance_guid": instance.guid,
        "state": instance.state,
        "routable": instance.routable,
        "host": "127.0.0.1",
        "instance_internal_ip": "127.0.0.1",
        "uptime": int(time.time() - instance.since),
        "mem_quota": memory * _MEGABYTE,
        "disk_quota": process.disk_mb * _MEGABYTE,
        "log_rate_limit": -1,
        "fds_quota": 16384,
        "isolation_segment": None,
        "details": instance.exit_description,
        "instance_ports": [ports],
        "usage": usage,
    }
