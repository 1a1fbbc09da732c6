"""The Cloud Controller's endpoints: one room for each kind of resource."""

from reviewapps.sandbox.cloudfoundry.endpoints.app_actions import AppActions
from reviewapps.sandbox.cloudfoundry.endpoints.app_features import AppFeatures
from reviewapps.sandbox.cloudfoundry.endpoints.apps import Apps
from reviewapps.sandbox.cloudfoundry.endpoints.audit_events import AuditEvents
from reviewapps.sandbox.cloudfoundry.endpoints.builds import Builds
from reviewapps.sandbox.cloudfoundry.endpoints.catalog import Catalog
from reviewapps.sandbox.cloudfoundry.endpoints.deployments import Deployments
from reviewapps.sandbox.cloudfoundry.endpoints.domains import Domains
from reviewapps.sandbox.cloudfoundry.endpoints.droplet_uploads import DropletUploads
from reviewapps.sandbox.cloudfoundry.endpoints.droplets import Droplets
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints
from reviewapps.sandbox.cloudfoundry.endpoints.environment_variable_groups import EnvironmentVariableGroups
from reviewapps.sandbox.cloudfoundry.endpoints.environment_variables import EnvironmentVariables
from reviewapps.sandbox.cloudfoundry.endpoints.isolation_segments import IsolationSegments
from reviewapps.sandbox.cloudfoundry.endpoints.jobs import JobReports
from reviewapps.sandbox.cloudfoundry.endpoints.log_cache import LogCache
from reviewapps.sandbox.cloudfoundry.endpoints.manifests import Manifests
from reviewapps.sandbox.cloudfoundry.endpoints.marketplace import Marketplace
from reviewapps.sandbox.cloudfoundry.endpoints.organizations import Organizations
from reviewapps.sandbox.cloudfoundry.endpoints.package_uploads import PackageUploads
from reviewapps.sandbox.cloudfoundry.endpoints.packages import Packages
from reviewapps.sandbox.cloudfoundry.endpoints.processes import Processes
from reviewapps.sandbox.cloudfoundry.endpoints.revisions import Revisions
from reviewapps.sandbox.cloudfoundry.endpoints.root import Root
from reviewapps.sandbox.cloudfoundry.endpoints.route_destinations import RouteDestinations
from reviewapps.sandbox.cloudfoundry.endpoints.routes import Routes
from reviewapps.sandbox.cloudfoundry.endpoints.security_groups import SecurityGroups
from reviewapps.sandbox.cloudfoundry.endpoints.service_credential_bindings import ServiceCredentialBindings
from reviewapps.sandbox.cloudfoundry.endpoints.service_instances import ServiceInstances
from reviewapps.sandbox.cloudfoundry.endpoints.service_route_bindings import ServiceRouteBindings
from reviewapps.sandbox.cloudfoundry.endpoints.sidecars import Sidecars
from reviewapps.sandbox.cloudfoundry.endpoints.spaces import Spaces
from reviewapps.sandbox.cloudfoundry.endpoints.tasks import Tasks
from reviewapps.sandbox.cloudfoundry.endpoints.users import Users

ENDPOINTS: tuple[type[Endpoints], ...] = (
    Root,
    Organizations,
    Spaces,
    Domains,
    Apps,
    AppActions,
    AppFeatures,
    EnvironmentVariables,
    EnvironmentVariableGroups,
    Packages,
    PackageUploads,
    Builds,
    Droplets,
    DropletUploads,
    Processes,
    Sidecars,
    Revisions,
    Deployments,
    Tasks,
    Routes,
    RouteDestinations,
    Marketplace,
    ServiceInstances,
    ServiceCredentialBindings,
    ServiceRouteBindings,
    Manifests,
    AuditEvents,
    JobReports,
    Users,
    SecurityGroups,
    Catalog,
    IsolationSegments,
    LogCache,
)
