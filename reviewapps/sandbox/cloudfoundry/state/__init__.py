"""The rows of the Cloud Controller's database: who owns what, in which space."""

from reviewapps.sandbox.cloudfoundry.state.apps import (
    App,
    Build,
    Check,
    Deployment,
    Droplet,
    Launch,
    OfApp,
    Package,
    Process,
    Task,
)
from reviewapps.sandbox.cloudfoundry.state.places import (
    Buildpack,
    Domain,
    InSpace,
    Organization,
    OrganizationQuota,
    Quota,
    Role,
    Space,
    SpaceQuota,
    Stack,
    User,
)
from reviewapps.sandbox.cloudfoundry.state.records import AuditEvent, Job
from reviewapps.sandbox.cloudfoundry.state.routes_and_services import (
    Binding,
    Destination,
    Route,
    ServiceInstance,
)
from reviewapps.sandbox.cloudfoundry.state.rows import Row, new_guid

__all__ = [
    "App",
    "AuditEvent",
    "Binding",
    "Build",
    "Buildpack",
    "Check",
    "Deployment",
    "Destination",
    "Domain",
    "Droplet",
    "InSpace",
    "Job",
    "Launch",
    "OfApp",
    "Organization",
    "OrganizationQuota",
    "Package",
    "Process",
    "Quota",
    "Role",
    "Route",
    "Row",
    "ServiceInstance",
    "Space",
    "SpaceQuota",
    "Stack",
    "Task",
    "User",
    "new_guid",
]
