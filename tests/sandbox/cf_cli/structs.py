"""What the client decodes of the Cloud Controller's answers: its own fields, in its own types."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tests.sandbox.cf_cli.go import Struct, Time, Uint


class Guid(Struct):
    guid: str = ""


class ToOne(Struct):
    data: Guid = Guid()


class Link(Struct):
    href: str = ""


class Metadata(Struct):
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class Resource(Struct):
    """What has a guid and lives somewhere."""

    guid: str
    relationships: dict[str, ToOne] = {}
    metadata: Metadata = Metadata()

    def related(self, name: str) -> str:
        return self.relationships.get(name, ToOne()).data.guid


class Named(Resource):
    name: str


class Organization(Named):
    pass


class Space(Named):
    pass


class Domain(Named):
    relationships: dict[str, Any] = {}
    internal: bool = False
    router_group: str = ""
    supported_protocols: list[str] = []


class LifecycleData(Struct):
    buildpacks: list[str] = []
    stack: str = ""


class Lifecycle(Struct):
    type: str = ""
    data: LifecycleData = LifecycleData()


class Application(Named):
    state: str = ""
    lifecycle: Lifecycle = Lifecycle()


class CheckData(Struct):
    endpoint: str = ""
    invocation_timeout: int = 0
    timeout: int = 0
    interval: int = 0


class Check(Struct):
    type: str = ""
    data: CheckData = CheckData()


class EmbeddedInstance(Struct):
    index: int = 0
    state: str = ""
    since: int = 0


class Process(Resource):
    type: str = ""
    command: str = ""
    instances: int = 0
    memory_in_mb: Uint = 0
    disk_in_mb: Uint = 0
    log_rate_limit_in_bytes_per_second: int = 0
    health_check: Check = Check()
    readiness_health_check: Check = Check()
    process_instances: list[EmbeddedInstance] = []


class Usage(Struct):
    cpu: float = 0.0
    cpu_entitlement: float = 0.0
    mem: Uint = 0
    disk: Uint = 0
    log_rate: Uint = 0


class ProcessInstance(Struct):
    type: str = ""
    index: int = 0
    state: str = ""
    details: str = ""
    isolation_segment: str = ""
    uptime: int = 0
    mem_quota: Uint = 0
    disk_quota: Uint = 0
    log_rate_limit: int = 0
    routable: bool = False
    usage: Usage = Usage()


class Sidecar(Struct):
    guid: str = ""
    name: str = ""
    command: str = ""


class DropletBuildpack(Struct):
    name: str = ""
    buildpack_name: str = ""
    detect_output: str = ""
    version: str = ""


class Droplet(Resource):
    created_at: str = ""
    state: str = ""
    stack: str = ""
    image: str = ""
    buildpacks: list[DropletBuildpack] = []


class Checksum(Struct):
    type: str = ""
    value: str = ""


class PackageData(Struct):
    image: str = ""
    checksum: Checksum = Checksum()


class Package(Resource):
    created_at: str = ""
    state: str = ""
    type: str = ""
    data: PackageData = PackageData()
    links: dict[str, Link] = {}


class Build(Resource):
    created_at: str = ""
    state: str = ""
    error: str = ""
    droplet: Guid = Guid()
    package: Guid = Guid()


class CanarySteps(Struct):
    current: int = 0
    total: int = 0


class CanaryStatus(Struct):
    steps: CanarySteps = CanarySteps()


class StatusDetails(Struct):
    last_status_change: str = ""


class DeploymentStatus(Struct):
    value: str = ""
    reason: str = ""
    details: StatusDetails = StatusDetails()
    canary: CanaryStatus = CanaryStatus()


class CanaryStep(Struct):
    instance_weight: int = 0


class CanaryOptions(Struct):
    steps: list[CanaryStep] = []


class DeploymentOptions(Struct):
    max_in_flight: int = 0
    canary: CanaryOptions = CanaryOptions()
    web_instances: int = 0
    memory_in_mb: Uint = 0
    disk_in_mb: Uint = 0
    log_rate_limit_in_bytes_per_second: int = 0


class NewProcess(Struct):
    guid: str = ""
    type: str = ""


class Deployment(Resource):
    created_at: str = ""
    strategy: str = ""
    status: DeploymentStatus = DeploymentStatus()
    options: DeploymentOptions = DeploymentOptions()
    droplet: Guid = Guid()
    new_processes: list[NewProcess] = []


class DestinationProcess(Struct):
    type: str = ""


class DestinationApp(Struct):
    guid: str = ""
    process: DestinationProcess = DestinationProcess()


class Destination(Struct):
    guid: str
    app: DestinationApp = DestinationApp()
    protocol: str = ""


class Route(Resource):
    protocol: str = ""
    host: str = ""
    path: str = ""
    port: int = 0
    url: str = ""
    destinations: list[Destination] = []
    options: dict[str, str] = {}


class Destinations(Struct):
    destinations: list[Destination] = []


class LastOperation(Struct):
    type: str = ""
    state: str = ""
    description: str = ""
    created_at: str = ""
    updated_at: str = ""


class MaintenanceInfo(Struct):
    version: str = ""
    description: str = ""


class ServiceInstance(Named):
    type: str = ""
    tags: list[str] = []
    syslog_drain_url: str = ""
    route_service_url: str = ""
    dashboard_url: str = ""
    upgrade_available: bool = False
    maintenance_info: MaintenanceInfo = MaintenanceInfo()
    last_operation: LastOperation = LastOperation()


class Binding(Resource):
    type: str = ""
    name: str = ""
    last_operation: LastOperation = LastOperation()


class BindingDetails(Struct):
    credentials: dict[str, Any] = {}


class PlanCost(Struct):
    amount: float = 0.0
    currency: str = ""
    unit: str = ""


class Plan(Named):
    description: str = ""
    available: bool = False
    visibility_type: str = ""
    free: bool = False
    costs: list[PlanCost] = []
    maintenance_info: MaintenanceInfo = MaintenanceInfo()


class Offering(Named):
    description: str = ""
    documentation_url: str = ""
    tags: list[str] = []
    shareable: bool = False


class TaskResult(Struct):
    failure_reason: str = ""


class Task(Resource):
    sequence_id: int = 0
    name: str = ""
    command: str = ""
    state: str = ""
    created_at: str = ""
    memory_in_mb: Uint = 0
    disk_in_mb: Uint = 0
    log_rate_limit_in_bytes_per_second: int = 0
    result: TaskResult = TaskResult()


class Actor(Struct):
    name: str = ""


class Event(Struct):
    guid: str = ""
    created_at: Time
    type: str
    actor: Actor = Actor()
    data: dict[str, Any] = {}


class Revision(Resource):
    version: int = 0
    deployable: bool = False
    description: str = ""
    created_at: str = ""
    droplet: Guid = Guid()
    links: dict[str, Link] = {}


class Environment(Struct):
    environment_variables: dict[str, Any] = {}
    staging_env_json: dict[str, Any] = {}
    running_env_json: dict[str, Any] = {}
    system_env_json: dict[str, Any] = {}
    application_env_json: dict[str, Any] = {}


class Variables(Struct):
    var: dict[str, str] = {}


class QuotaApps(Struct):
    total_memory_in_mb: int = 0
    per_process_memory_in_mb: int = 0
    total_instances: int = 0
    per_app_tasks: int = 0
    log_rate_limit_in_bytes_per_second: int = 0


class Quota(Named):
    relationships: dict[str, Any] = {}
    apps: QuotaApps = QuotaApps()


class SshEnabled(Struct):
    enabled: bool = False
    reason: str = ""


class FeatureFlag(Struct):
    name: str = ""
    enabled: bool = False


class SecurityGroup(Struct):
    guid: str
    name: str


class Nothing(Struct):
    """Where the client reads only that there is an answer."""


class ErrorEntry(Struct):
    code: int = 0
    title: str = ""
    detail: str = ""


class Errors(Struct):
    errors: list[ErrorEntry] = []


class JobWarning(Struct):
    detail: str = ""


class Job(Struct):
    guid: str
    state: str
    errors: list[ErrorEntry] = []
    warnings: list[JobWarning] = []


class DiffEntry(Struct):
    op: str = ""
    path: str = ""
    was: Any = None
    value: Any = None


class ManifestDiff(Struct):
    diff: list[DiffEntry] = []


class MatchedResource(Struct):
    checksum: Checksum = Checksum()
    mode: str = ""
    path: str = ""
    size_in_bytes: int = 0


class MatchedResources(Struct):
    resources: list[MatchedResource] = []


class ApiLinkMeta(Struct):
    version: str = ""
    host_key_fingerprint: str = ""
    oauth_client: str = ""


class ApiLink(Struct):
    href: str = ""
    meta: ApiLinkMeta = ApiLinkMeta()


class Root(Struct):
    links: dict[str, ApiLink | None] = {}

    def link(self, name: str) -> ApiLink:
        return self.links.get(name) or ApiLink()


class Tokens(Struct):
    access_token: str
    refresh_token: str = ""
    token_type: str = ""


class LoginApp(Struct):
    version: str = ""


class Login(Struct):
    app: LoginApp = LoginApp()
    links: dict[str, str] = {}
    prompts: dict[str, list[str]] = {}


class Included(Struct):
    users: list[Guid] = []
    organizations: list[Organization] = []
    spaces: list[Space] = []
    apps: list[Application] = []
    service_instances: list[ServiceInstance] = []
    service_offerings: list[Any] = []
    service_plans: list[Any] = []
    service_brokers: list[Any] = []


class Next(Struct):
    href: str = ""


class Pagination(Struct):
    next: Next = Next()


class Page(Struct):
    pagination: Pagination = Pagination()
    resources: list[Any] = Field(default_factory=list)
    included: Included = Included()
