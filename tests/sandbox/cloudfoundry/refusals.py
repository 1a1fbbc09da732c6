"""What is refused, and in which words: request → status, code, title, detail.

``$app`` and the like stand for what the shared cloud has. The words are those of the Cloud Controller's
messages, actions and errors/v2.yml.
"""

from __future__ import annotations

Refusal = tuple[str, object, int, int, str, str]
"""A request as "METHOD path", what it says, and what comes of it."""


def words(request: str, said: object, detail: str) -> Refusal:
    return request, said, 422, 10008, "CF-UnprocessableEntity", detail


def query(path: str, detail: str) -> Refusal:
    return (
        f"GET {path}",
        None,
        400,
        10005,
        "CF-BadQueryParameter",
        f"The query parameter is invalid: {detail}",
    )


def missing(request: str, noun: str) -> Refusal:
    return request, None, 404, 10010, "CF-ResourceNotFound", f"{noun} not found"


IN_SPACE = {"space": {"data": {"guid": "$space"}}}
IN_DOMAIN = {**IN_SPACE, "domain": {"data": {"guid": "$domain"}}}
OF_APP = {"app": {"data": {"guid": "$app"}}}
SHAPE = 'must be structured like this: "{0}: {{"data": {{"guid": "valid-guid"}}}}"'
NOT_A_GUID = "must be a string, {0} must be between 1 and 200 characters"
MATCH = {"checksum": {"value": "0" * 40}, "size_in_bytes": 1}
IN_ARRAY = "Resources array contains at least one resource with a"


def app(**more: object) -> dict[str, object]:
    return {"name": "new", "relationships": IN_SPACE, **more}


def labels(**said: object) -> dict[str, object]:
    return {"metadata": {"labels": said}}


def noted(said: dict[str, object]) -> dict[str, object]:
    return {"metadata": {"annotations": said}}


def data(**said: object) -> dict[str, object]:
    return app(lifecycle={"type": "buildpack", "data": said})


APPS, APP, WEB = "POST /v3/apps", "PATCH /v3/apps/$app", "PATCH /v3/apps/$app/processes/web"
SCALE, ENV = "POST /v3/apps/$app/processes/web/actions/scale", "PATCH /v3/apps/$app/environment_variables"
PACKAGES, BUILDS, TASKS = "POST /v3/packages", "POST /v3/builds", "POST /v3/apps/$app/tasks"
DEPLOYMENTS = "POST /v3/deployments"
ROUTES, DESTINATIONS = "POST /v3/routes", "POST /v3/routes/$route/destinations"
MATCHES, DROPLETS = "POST /v3/resource_matches", "POST /v3/droplets?source_guid=$droplet"
CURRENT = "PATCH /v3/apps/$app/relationships/current_droplet"
LONG = "x" * 64
TOO_LONG = "'xxxxxxxx...' is greater than 63 characters"
LIFECYCLES = "Lifecycle type is not included in the list: buildpack, docker, cnb"
HTTP = {"type": "http"}

BODIES = [
    words(APPS, app(colour="red"), "Unknown field(s): 'colour'"),
    words(APPS, app(b=1, a=2), "Unknown field(s): 'b', 'a'"),
    words(APPS, {"relationships": IN_SPACE}, "Name must be a string"),
    words(APPS, app(name=7), "Name must be a string"),
    words(APPS, app(name=None), "Name must be a string"),
    words(APPS, app(name=""), "name presence, name format"),
    words(APPS, app(name="a\u0007b"), "name format"),
    words(APPS, {"name": "a"}, "Relationships 'relationships' is not an object"),
    words(APPS, app(relationships="x"), "Relationships 'relationships' is not an object"),
    words(
        APPS,
        app(relationships={}),
        "Relationships 'relationships' must include one or more valid relationships",
    ),
    words(
        APPS,
        app(relationships={"spaces": {}}),
        f"Relationships Space can't be blank, Relationships Space {SHAPE.format('space')}, "
        "Relationships Unknown field(s): 'spaces'",
    ),
    words(APPS, app(relationships={"space": 1}), f"Relationships Space {SHAPE.format('space')}"),
    words(
        APPS,
        app(relationships={"space": {"data": {"guid": 1}}}),
        f"Relationships Space guid {NOT_A_GUID.format('Relationships Space guid')}",
    ),
    words(
        APPS,
        app(relationships={"space": {"data": {"guid": "x" * 201}}}),
        "Relationships Space guid must be between 1 and 200 characters",
    ),
    words(
        APPS,
        app(relationships={"space": {"data": {"guid": "nowhere"}}}),
        "Invalid space. Ensure that the space exists and you have access to it.",
    ),
    words(APPS, app(environment_variables=[]), "Environment variables must be an object"),
    words(APPS, app(environment_variables={"PORT": "1"}), "Environment variables cannot set PORT"),
    words(APPS, app(lifecycle={}), "Lifecycle data must be an object"),
    words(APPS, app(lifecycle={"type": "buildpack", "data": 1}), "Lifecycle data must be an object"),
    words(APPS, app(lifecycle={"type": "box", "data": {}}), LIFECYCLES),
    words(APPS, app(lifecycle={"type": 1, "data": {}}), f"{LIFECYCLES}, Lifecycle type must be a string"),
    words(APPS, data(buildpack="x"), "Lifecycle Unknown field(s): 'buildpack'"),
    words(APPS, data(buildpacks="x"), "Lifecycle Buildpacks must be an array"),
    words(APPS, data(buildpacks=[1]), "Lifecycle Buildpacks can only contain strings"),
    words(APPS, data(buildpacks=[""]), "Lifecycle Buildpacks entries must be between 1 and 4096 characters"),
    words(
        APPS,
        data(buildpacks=["cobol"]),
        'Buildpack "cobol" for stack "cflinuxfs4" must be an existing admin buildpack or a valid git URI',
    ),
    words(APPS, data(stack=1), "Lifecycle Stack must be a string"),
    words(APPS, data(stack=""), "Lifecycle Stack must be between 1 and 4096 characters"),
    words(APPS, data(stack="cflinuxfs1"), "Stack must be an existing stack"),
    words(APP, {"metadata": 1}, "Metadata must be an object"),
    words(APP, {"metadata": {"tags": {}}}, "Metadata has unexpected field(s): 'tags'"),
    words(APP, {"metadata": {"labels": []}}, "Metadata 'labels' is not an object"),
    words(APP, {"metadata": {"annotations": 1}}, "Metadata 'annotations' is not an object"),
    words(APP, labels(a="x/y"), "Metadata label value error: 'x/y' contains invalid characters"),
    words(APP, labels(a="ü"), "Metadata label value error: 'ü' contains invalid characters"),
    words(APP, labels(a="-x"), "Metadata label value error: '-x' starts or ends with invalid characters"),
    words(APP, labels(a="x."), "Metadata label value error: 'x.' starts or ends with invalid characters"),
    words(APP, labels(a=LONG), f"Metadata label value error: {TOO_LONG}"),
    words(APP, labels(a={}), "Metadata label value error: '{}' contains invalid characters"),
    words(APP, labels(**{"": "x"}), "Metadata label key error: key cannot be empty string"),
    words(APP, labels(**{"a.org/": "x"}), "Metadata label key error: key cannot be empty string"),
    words(APP, labels(**{"a/b/c": "x"}), "Metadata label key error: key has more than one '/'"),
    words(APP, labels(**{"a b": "x"}), "Metadata label key error: 'a b' contains invalid characters"),
    words(APP, labels(_a="x"), "Metadata label key error: '_a' starts or ends with invalid characters"),
    words(APP, labels(**{LONG: "x"}), f"Metadata label key error: {TOO_LONG}"),
    words(APP, labels(**{"-/a": "x"}), "Metadata label key error: prefix '-' must be in valid dns format"),
    words(
        APP, labels(**{"org/a": "x"}), "Metadata label key error: prefix 'org' must be in valid dns format"
    ),
    words(
        APP,
        labels(**{f"{'abcdefg.' * 32}org/a": "x"}),
        "Metadata label key error: prefix 'abcdefg....' is greater than 253 characters",
    ),
    words(
        APP,
        labels(**{"CloudFoundry.org/a": "x"}),
        "Metadata label key error: prefix 'cloudfoundry.org' is reserved",
    ),
    words(
        APP,
        labels(**{"a b": "-"}),
        "Metadata label key error: 'a b' contains invalid characters, "
        "Metadata label value error: '-' starts or ends with invalid characters",
    ),
    words(APP, noted({"*": "x"}), "Metadata annotation key error: '*' contains invalid characters"),
    words(APP, noted({"": "x"}), "Metadata annotation key error: key cannot be empty string"),
    words(APP, noted({LONG: "x"}), f"Metadata annotation key error: {TOO_LONG}"),
    words(
        APP,
        noted({"a": "x" * 5001}),
        "Metadata annotation value error: 'xxxxxxxx...' is greater than 5000 characters",
    ),
    words(ENV, {}, "Var must be an object"),
    words(ENV, {"var": "x"}, "Var must be an object"),
    words(ENV, {"variables": {}}, "Unknown field(s): 'variables', Var must be an object"),
    words(ENV, {"var": {"": "x"}}, "Var key must be a minimum length of 1"),
    words(ENV, {"var": {"vcap_x": "x"}}, "Var cannot start with VCAP_"),
    words(ENV, {"var": {"VMCx": "x"}}, "Var cannot start with VMC_"),
    words(ENV, {"var": {"Port": "x"}}, "Var cannot set PORT"),
    words(ENV, {"var": {"A": 1}}, "Non-string value in environment variable for key 'A', value '1'"),
    words(
        ENV,
        {"var": {"A": {"b": 1}}},
        "Non-string value in environment variable for key 'A', value '{\"b\": 1}'",
    ),
    words(CURRENT, {}, "Current droplet cannot be removed. Replace it with a preferred droplet."),
    words(CURRENT, {"data": None}, "Current droplet cannot be removed. Replace it with a preferred droplet."),
    words(
        CURRENT,
        {"data": {"guid": "gone"}},
        "Unable to assign current droplet. Ensure the droplet exists and belongs to this app.",
    ),
    words(PACKAGES, {"relationships": OF_APP}, "Type must be one of 'bits, docker'"),
    words(PACKAGES, {"type": "tar", "relationships": OF_APP}, "Type must be one of 'bits, docker'"),
    words(
        PACKAGES,
        {"type": "bits", "relationships": OF_APP, "data": {"image": "x"}},
        "Data must be empty if provided for bits packages",
    ),
    words(
        PACKAGES,
        {"type": "bits", "relationships": {"app": {"guid": "x"}}},
        f"Relationships App {SHAPE.format('app')}",
    ),
    words(
        PACKAGES,
        {"type": "bits", "relationships": {"app": {"data": {"guid": "gone"}}}},
        "App is invalid. Ensure it exists and you have access to it.",
    ),
    words(
        "POST /v3/packages?source_guid=$package",
        {"relationships": OF_APP},
        "Source and destination app cannot be the same",
    ),
    words(BUILDS, {}, f"Package guid can't be blank, Package guid {NOT_A_GUID.format('Package guid')}"),
    words(BUILDS, {"package": {"guid": 1}}, f"Package guid {NOT_A_GUID.format('Package guid')}"),
    words(
        BUILDS,
        {"package": {"guid": "gone"}},
        "Unable to use package. Ensure that the package exists and you have access to it.",
    ),
    words(
        BUILDS,
        {"package": {"guid": "$package"}, "staging_memory_in_mb": 0},
        "Staging memory in mb must be greater than 0",
    ),
    words(
        BUILDS,
        {"package": {"guid": "$package"}, "staging_disk_in_mb": "much"},
        "Staging disk in mb is not a number",
    ),
    words(
        BUILDS,
        {"package": {"guid": "$package"}, "staging_memory_in_mb": 0.5},
        "Staging memory in mb must be an integer",
    ),
    words(
        BUILDS,
        {"package": {"guid": "$package"}, "staging_log_rate_limit_bytes_per_second": -2},
        "Staging log rate limit bytes per second must be greater than or equal to -1",
    ),
    words(
        BUILDS,
        {"package": {"guid": "$package"}, "lifecycle": {"data": {"buildpacks": ["cobol"]}}},
        'Buildpack "cobol" for stack "cflinuxfs4" must be an existing admin buildpack or a valid git URI',
    ),
    words(SCALE, {"instances": -1}, "Instances must be greater than or equal to 0"),
    words(SCALE, {"instances": 2**31}, "Instances must be less than or equal to 2147483647"),
    words(SCALE, {"instances": "two"}, "Instances is not a number"),
    words(SCALE, {"memory_in_mb": 0}, "Memory in mb must be greater than 0"),
    words(SCALE, {"disk_in_mb": True}, "Disk in mb is not a number"),
    words(SCALE, {"cpu": 1}, "Unknown field(s): 'cpu'"),
    words(
        SCALE,
        {"log_rate_limit_in_bytes_per_second": -2},
        "Log rate limit in bytes per second must be greater than or equal to -1",
    ),
    words(WEB, {"command": ""}, "Command must be between 1 and 4096 characters"),
    words(WEB, {"command": "x" * 4097}, "Command must be between 1 and 4096 characters"),
    words(WEB, {"command": 1}, "Command must be a string"),
    words(WEB, {"health_check": {"type": "ping"}}, 'Health check type must be "port", "process", or "http"'),
    words(
        WEB,
        {"health_check": {**HTTP, "data": {"timeout": 0}}},
        "Health check timeout must be greater than or equal to 1",
    ),
    words(
        WEB,
        {"health_check": {**HTTP, "data": {"invocation_timeout": "x"}}},
        "Health check invocation timeout is not a number",
    ),
    words(
        WEB,
        {"health_check": {**HTTP, "data": {"timeout": 181}}},
        "health_check_timeout Maximum exceeded: max 180s",
    ),
    words(
        WEB,
        {"health_check": {**HTTP, "data": {"endpoint": "healthz"}}},
        "Health check endpoint must be a valid URI path",
    ),
    words(
        WEB,
        {"health_check": {**HTTP, "data": {"endpoint": "/" + "x" * 255}}},
        "Health check endpoint is too long (maximum is 255 characters)",
    ),
    words(
        WEB,
        {"health_check": {"type": "port", "data": {"endpoint": "/"}}},
        'Health check type must be "http" to set a health check HTTP endpoint',
    ),
    words(
        WEB,
        {"readiness_health_check": {"type": "no"}},
        'Readiness health check type must be "port", "process", or "http"',
    ),
    words(TASKS, {"name": "x"}, "Command No command or template provided"),
    words(TASKS, {"command": "x", "memory_in_mb": 0}, "Memory in mb must be greater than 0"),
    words(TASKS, {"command": "x", "droplet_guid": 1}, f"Droplet guid {NOT_A_GUID.format('Droplet guid')}"),
    words(
        TASKS,
        {"template": {"process": {}}},
        f"Template process guid {NOT_A_GUID.format('Template process guid')}",
    ),
    words(
        "POST /v3/apps/$bare/tasks",
        {"command": "x"},
        "Task must have a droplet. Specify droplet or assign current droplet to app.",
    ),
    words(
        "POST /v3/tasks/$task/actions/cancel",
        None,
        "Task state is SUCCEEDED and therefore cannot be canceled",
    ),
    words("POST /v3/apps/$bare/actions/start", None, "Assign a droplet before starting this app."),
    words("POST /v3/apps/$bare/actions/restart", None, "Assign a droplet before starting this app."),
    words(ROUTES, {"host": "x"}, "Relationships 'relationships' is not an object"),
    words(
        ROUTES,
        {"host": "a b", "relationships": IN_DOMAIN},
        'Host must be either "*" or contain only alphanumeric characters, "_", or "-"',
    ),
    words(ROUTES, {"host": LONG, "relationships": IN_DOMAIN}, "Host is too long (maximum is 63 characters)"),
    words(
        ROUTES,
        {"relationships": IN_DOMAIN},
        "Missing host. Routes in shared domains must have a host defined.",
    ),
    words(ROUTES, {"host": "x", "path": "a", "relationships": IN_DOMAIN}, "Path must begin with /"),
    words(ROUTES, {"host": "x", "path": "/", "relationships": IN_DOMAIN}, "Path cannot be exactly /"),
    words(ROUTES, {"host": "x", "path": "/?", "relationships": IN_DOMAIN}, "Path cannot contain ?"),
    words(
        ROUTES,
        {"host": "x", "path": "/" * 129, "relationships": IN_DOMAIN},
        "Path is too long (maximum is 128 characters)",
    ),
    words(
        ROUTES,
        {"host": "x", "port": 1, "relationships": IN_DOMAIN},
        "Ports are not supported for HTTP routes.",
    ),
    words(
        ROUTES,
        {"host": "shop", "relationships": IN_DOMAIN},
        "Route already exists with host 'shop' for domain 'apps.localhost'.",
    ),
    words(
        ROUTES,
        {"host": "x", "relationships": {**IN_SPACE, "domain": {"data": {"guid": "x"}}}},
        "Invalid domain. Ensure that the domain exists and you have access to it.",
    ),
    words(
        DESTINATIONS, {}, "Destinations must be an array containing between 1 and 100 destination objects."
    ),
    words(
        DESTINATIONS,
        {"destinations": []},
        "Destinations must be an array containing between 1 and 100 destination objects.",
    ),
    words(DESTINATIONS, {"destinations": [1]}, "Destinations[0]: must be an object."),
    words(DESTINATIONS, {"destinations": [{}]}, 'Destinations[0]: must have an "app".'),
    words(
        DESTINATIONS,
        {"destinations": [{"app": {"guid": "x"}, "to": 1}]},
        'Destinations[0]: must have only "app" and optionally "weight", "port" or "protocol".',
    ),
    words(
        DESTINATIONS,
        {"destinations": [{"app": "x"}]},
        'Destinations[0]: app must have the structure {"guid": "app_guid"}',
    ),
    words(
        DESTINATIONS,
        {"destinations": [{"app": {"guid": "x", "process": {}}}]},
        'Destinations[0]: process must have the structure {"type": "process_type"}',
    ),
    words(
        DESTINATIONS,
        {"destinations": [{"app": {"guid": "$app"}, "port": 80}]},
        "Destinations[0]: port must be a positive integer between 1024 and 65535 inclusive.",
    ),
    words(
        DESTINATIONS,
        {"destinations": [{"app": {"guid": "$app"}, "weight": 5}]},
        "Destinations[0]: weighted destinations can only be used when replacing all destinations.",
    ),
    words(
        DESTINATIONS,
        {"destinations": [{"app": {"guid": "$app"}, "protocol": "gopher"}]},
        "Destinations[0]: protocol must be 'http1', 'http2' or 'tcp'.",
    ),
    words(
        "PATCH /v3/routes/$route/destinations",
        {"destinations": [{"app": {"guid": "$app"}, "weight": 5}]},
        "Destinations must have weights that sum to 100.",
    ),
    words(
        DESTINATIONS,
        {"destinations": [{"app": {"guid": "gone"}}]},
        'App(s) with guid(s) "gone" do not exist or you do not have access.',
    ),
    words(
        "DELETE /v3/routes/$route/destinations/gone",
        None,
        "Unable to unmap route from destination. Ensure the route has a destination with this guid.",
    ),
    words(
        "DELETE /v3/spaces/$space/routes",
        None,
        "Mass delete not supported for routes. Use 'unmapped=true' parameter to delete all unmapped routes.",
    ),
    words(MATCHES, {}, "Resources must be an array, Resources must have at least 1 resource"),
    words(MATCHES, {"resources": []}, "Resources must have at least 1 resource"),
    words(MATCHES, {"resources": [MATCH] * 5001}, "Resources can have at most 5000 resources)"),
    words(MATCHES, {"resources": [{**MATCH, "checksum": 1}]}, f"{IN_ARRAY} non-object checksum"),
    words(MATCHES, {"resources": [{**MATCH, "checksum": {}}]}, f"{IN_ARRAY} non-string checksum value"),
    words(
        MATCHES,
        {"resources": [{**MATCH, "checksum": {"value": "x"}}] * 2},
        f"{IN_ARRAY} non-SHA1 checksum value",
    ),
    words(MATCHES, {"resources": [{**MATCH, "size_in_bytes": "x"}]}, f"{IN_ARRAY} non-integer size_in_bytes"),
    words(MATCHES, {"resources": [{**MATCH, "size_in_bytes": -1}]}, f"{IN_ARRAY} negative size_in_bytes"),
    words("PATCH /v3/apps/$app/features/ssh", {}, "Enabled must be a boolean"),
    words("PATCH /v3/apps/$app/features/ssh", {"enabled": "yes"}, "Enabled must be a boolean"),
    words(
        SCALE.replace("$app", "$rolling"),
        {"instances": 2},
        "Cannot scale this process while a deployment is in flight.",
    ),
    words(
        WEB.replace("$app", "$rolling"),
        {"command": "x"},
        "Cannot update this process while a deployment is in flight.",
    ),
    words("POST /v3/deployments/$finished/actions/cancel", None, "Cannot cancel a DEPLOYED deployment"),
    words("DELETE /v3/droplets/$droplet", None, "The droplet is currently used and cannot be deleted."),
    words(DEPLOYMENTS, {}, "Relationships 'relationships' is not an object"),
    words(DEPLOYMENTS, {"relationships": {"app": "x"}}, f"Relationships App {SHAPE.format('app')}"),
    words(
        DEPLOYMENTS,
        {"relationships": {"app": {"data": {"guid": "gone"}}}},
        "Unable to use app. Ensure that the app exists and you have access to it.",
    ),
    words(
        DEPLOYMENTS,
        {"relationships": OF_APP, "droplet": {"guid": "gone"}},
        "Unable to assign current droplet. Ensure the droplet exists and belongs to this app.",
    ),
    words(
        DEPLOYMENTS,
        {"relationships": {"app": {"data": {"guid": "$bare"}}}},
        "Invalid droplet. Please specify a droplet in the request or set a current droplet for the app.",
    ),
    words(
        DEPLOYMENTS,
        {"relationships": OF_APP, "strategy": "potato"},
        "Strategy 'potato' is not a supported deployment strategy",
    ),
    words(
        DEPLOYMENTS,
        {"relationships": OF_APP, "strategy": "recreate", "options": {"max_in_flight": 2}},
        "Options max in flight is not a supported option for recreate deployment strategy",
    ),
    words(
        DEPLOYMENTS,
        {"relationships": OF_APP, "options": {"max_in_flight": 0, "web_instances": -1, "memory_in_mb": "1"}},
        "Max in flight must be an integer greater than 0, "
        "Web instances must be greater than or equal to 0, Memory in mb is not a number",
    ),
    words(
        DEPLOYMENTS,
        {"relationships": OF_APP, "options": {"foo": 1}},
        "Options has unsupported key(s): foo",
    ),
    words("GET /v3/packages/$empty/download", None, "Package has no bits to download."),
]

QUERIES = [
    query("/v3/apps?page=0", "Page must be a positive integer"),
    query("/v3/apps?page=x", "Page must be a positive integer"),
    query("/v3/apps?page=" + "9" * 5000, "Page must be a positive integer"),
    query("/v3/apps?per_page=0", "Per page must be a positive integer"),
    query("/v3/apps?per_page=5001", "Per page must be between 1 and 5000"),
    query("/v3/apps?order_by=size", "Order by can only be: 'created_at', 'updated_at', 'name', 'state'"),
    query("/v3/apps?order_by=--name", "Order by can only be: 'created_at', 'updated_at', 'name', 'state'"),
    query("/v3/builds?order_by=name", "Order by can only be: 'created_at', 'updated_at'"),
    query("/v3/apps?label_selector=", "Missing label_selector value"),
    query("/v3/apps?label_selector=a(b", "Invalid label_selector value"),
    query(
        "/v3/apps?include=droplet",
        "Invalid included resource: 'droplet'. Valid included resources are: 'space', 'space.organization'",
    ),
    query("/v3/apps?include=space,space", "Duplicate included resource: 'space'"),
    query("/v3/apps?names[gt]=x", "Names must be an array"),
    query(
        "/v3/apps?created_ats=yesterday",
        "Created ats has an invalid timestamp format. Timestamps should be formatted as 'YYYY-MM-DDThh:mm:ssZ'",
    ),
    query(
        "/v3/apps?updated_ats[lt]=2020-13-01T00:00:00Z",
        "Updated ats has an invalid timestamp format. Timestamps should be formatted as 'YYYY-MM-DDThh:mm:ssZ'",
    ),
    query(
        "/v3/apps?created_ats[like]=2020-01-01T00:00:00Z", "Created ats Invalid relational operator: 'like'"
    ),
    query(
        "/v3/apps?created_ats[gt]=2020-01-01T00:00:00Z,2020-01-01T00:00:00Z",
        "Created ats only accepts one value when using a relational operator",
    ),
]

MISSING = [
    *[
        missing(f"GET /v3/{path}/gone", noun)
        for path, noun in (
            ("apps", "App"),
            ("packages", "Package"),
            ("builds", "Build"),
            ("droplets", "Droplet"),
            ("deployments", "Deployment"),
            ("processes", "Process"),
            ("tasks", "Task"),
            ("routes", "Route"),
            ("domains", "Domain"),
            ("spaces", "Space"),
            ("organizations", "Organization"),
            ("users", "User"),
            ("stacks", "Stack"),
            ("buildpacks", "Buildpack"),
            ("feature_flags", "Feature flag"),
            ("jobs", "Job"),
            ("service_instances", "Service instance"),
        )
    ],
    missing("DELETE /v3/apps/gone", "App"),
    missing("POST /v3/apps/gone/actions/start", "App"),
    missing("GET /v3/apps/$bare/droplets/current", "Droplet"),
    missing("GET /v3/apps/$app/processes/worker", "Process"),
    missing("DELETE /v3/apps/$app/processes/web/instances/7", "Instance"),
    missing("DELETE /v3/apps/$app/processes/web/instances/x", "Instance"),
    missing("POST /v3/packages/gone/upload", "Package"),
]
UNREADABLE = "Request invalid due to parse error: invalid request body"

OTHERS: list[Refusal] = [
    (APPS, app(name="SHOP"), 422, 10016, "CF-UniquenessError", "App with the name 'SHOP' already exists."),
    (APP, {"name": "bare"}, 422, 10016, "CF-UniquenessError", "App with the name 'bare' already exists."),
    (
        APP,
        labels(**{f"l{n}": "x" for n in range(51)}),
        422,
        390020,
        "CF-LabelLimitExceeded",
        "Failed to add 51 labels because it would exceed maximum of 50",
    ),
    (
        APP,
        noted({f"a{n}": "x" for n in range(201)}),
        422,
        390023,
        "CF-AnnotationLimitExceeded",
        "Failed to add 201 annotations because it would exceed maximum of 200",
    ),
    (
        APPS,
        app(lifecycle={"type": "docker", "data": {}}),
        403,
        330002,
        "CF-FeatureDisabled",
        "Feature Disabled: diego_docker",
    ),
    (
        PACKAGES,
        {"type": "docker", "relationships": OF_APP},
        403,
        330002,
        "CF-FeatureDisabled",
        "Feature Disabled: diego_docker",
    ),
    (
        BUILDS,
        {"package": {"guid": "$empty"}},
        400,
        1004,
        "CF-BadRequest",
        "Bad request: Cannot stage package whose state is not ready.",
    ),
    (APPS, "{", 400, 1001, "CF-MessageParseError", UNREADABLE),
    (APPS, "[]", 400, 1001, "CF-MessageParseError", UNREADABLE),
    (APPS, '{"name": NaN}', 400, 1001, "CF-MessageParseError", UNREADABLE),
    (APPS, r'{"name": "\ud800"}', 400, 1001, "CF-MessageParseError", UNREADABLE),
    (APPS, "[" * 100_000, 400, 1001, "CF-MessageParseError", UNREADABLE),
    (APPS, b"\xff\xfe{}", 400, 1001, "CF-MessageParseError", UNREADABLE),
    (
        "POST /v3/packages/$package/upload",
        None,
        422,
        10008,
        "CF-UnprocessableEntity",
        "Upload must include either resources or bits",
    ),
    (
        "PATCH /v3/environment_variable_groups/staging",
        {"var": {}},
        403,
        10003,
        "CF-NotAuthorized",
        "You are not authorized to perform the requested action",
    ),
    ("GET /v3/dogs", None, 404, 10000, "CF-NotFound", "Unknown request"),
    ("PUT /v3/apps/$app", None, 404, 10000, "CF-NotFound", "Unknown request"),
    ("POST /v3/builds/$build/actions/cancel", None, 404, 10000, "CF-NotFound", "Unknown request"),
    ("DELETE /v3/builds/$build", None, 404, 10000, "CF-NotFound", "Unknown request"),
]

REFUSALS = [*BODIES, *QUERIES, *MISSING, *OTHERS]
