"""The app's own manifest → the blueprint of what we deploy. A manifest is a wish; we take an allow-list."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import PurePosixPath

from reviewapps.errors import BadManifest
from reviewapps.manifest.app import OF_APP, OF_WEB, WORDS, AppManifest, app_manifest, filled_in
from reviewapps.manifest.decisions import Allowance, Decisions, lines
from reviewapps.manifest.variables import Unfillable, Variables
from reviewapps.model import FORMAT, Blueprint, Environment, Process
from reviewapps.naming import digest
from reviewapps.rules.document import Document, Unreadable, Value, document
from reviewapps.rules.fill import Facts, filled
from reviewapps.rules.rules import FILE, EnvironmentRules, Rules

Read = Callable[[str], str | None]
"""Reads a path of one commit: a file's text, or a folder's tree; None where there is none."""

MOST_ENV = 64 * 1024
"""Bytes of all variables together, names and values."""

ARCHIVES = (".jar", ".war", ".ear", ".zip", ".tgz", ".tar.gz")

INHERITED = frozenset(
    (*OF_APP, *OF_WEB, *WORDS, "docker", "inherit", "instances", "processes", "routes", "sidecars")
)
"""Keys that once stood beside ``applications`` and held for every app."""


def blueprint(
    rules: Rules,
    environment: Environment,
    facts: Facts,
    *,
    host: str,
    allowed: Allowance,
    file: Read,
    tree: Read,
) -> Blueprint:
    """What of ``facts.commit`` is deployed for ``environment`` under ``host``.

    ``file`` and ``tree`` read that commit. BadManifest says what cannot be read, done or allowed, with the
    lines for ``.reviewapps.yml`` that would settle it, where lines would.
    """
    own = rules.of(environment)
    decisions = Decisions(rules.manifest, environment, own, allowed)
    app = _app(rules, decisions, _variables(own, facts, file), facts, file)
    services = decisions.about_services(app)
    path = _folder(app, rules.manifest)
    subtree = _subtree(path, tree, file)
    env = _env(app, own, facts)
    build_env = decisions.about_build_env(env)
    return Blueprint(
        commit=facts.commit,
        host=host,
        app=app.name,
        path=path,
        tree=subtree,
        build_key=_build_key(subtree, app, build_env),
        memory_mb=decisions.about_memory(app),
        disk_mb=decisions.about_disk(app),
        command=app.command,
        health=own.health or app.health,
        buildpacks=app.buildpacks,
        stack=app.stack,
        env={n: v for n, v in env.items() if own.env.get(n, v) is not None} | _injected(environment, facts),
        not_taken=app.not_taken,
        build_env=build_env,
        generated=frozenset(name for name, value in own.env.items() if value is None),
        instances=own.processes.get("web", 1),
        processes=_processes(app, own),
        services=services,
        release=own.release,
        setup=own.setup,
    )


def _build_key(subtree: str, app: AppManifest, build_env: Mapping[str, str]) -> str:
    """Equal exactly where a build would be the same: it sees nothing else."""
    seen = [f"{name}={value}" for name, value in sorted(build_env.items())]
    return digest(FORMAT, subtree, app.stack or "", *app.buildpacks, *seen)


# --- which processes ---


def _processes(app: AppManifest, own: EnvironmentRules) -> dict[str, Process]:
    """Those beside web that the rules name, with what the manifest says of them."""
    others = {type_: count for type_, count in own.processes.items() if type_ != "web"}
    unsaid = Process(0)
    return {t: replace(app.processes.get(t, unsaid), instances=count) for t, count in others.items()}


# --- which app ---


def _app(rules: Rules, decisions: Decisions, variables: Variables, facts: Facts, file: Read) -> AppManifest:
    try:
        entry = _selected(rules, _applications(rules.manifest, file, facts), variables)
        decisions.about_commands(entry)
        types = {"web", *decisions.own.processes}
        top = filled_in(entry, variables, types)
    except Unfillable as error:
        raise BadManifest(f"`{rules.manifest}`: {error}") from error
    decisions.about_vars(variables.missing)
    return app_manifest(top, types)


def _applications(path: str, file: Read, facts: Facts) -> list[dict[str, Value]]:
    text = file(path)
    if text is None:
        name = facts.repo.rpartition("/")[2]
        raise BadManifest(
            f"there is no `{path}` at this commit. The least it holds is `applications: [{{name: {name}}}]`; "
            f"where it is elsewhere, `manifest:` in `{FILE}` says so"
        )
    top = _document(path, text).value
    if not isinstance(top, dict):
        raise BadManifest(f"`{path}` is not a mapping with `applications`")
    if top.get("version", 1) != 1:
        raise BadManifest(f"`{path}` is of another version than 1")
    old = sorted(key for key in top if key.replace("_", "-") in INHERITED)
    if old:
        raise BadManifest(
            f"`{path}` sets `{old[0]}` beside `applications`; `cf push` no longer hands "
            "that down to the apps. Move it into each app, or share it by an anchor"
        )
    apps = top.get("applications")
    if not isinstance(apps, list) or not apps:
        raise BadManifest(f"`{path}` names no app")
    return [_entry(path, app) for app in apps]


def _entry(path: str, app: Value) -> dict[str, Value]:
    if not isinstance(app, dict) or not app.get("name"):
        raise BadManifest(f"`{path}` has an app without a name")
    return app


def _document(path: str, text: str) -> Document:
    try:
        return document(text, repeated_keys=True)
    except Unreadable as error:
        where = f", line {error.line}" if error.line else ""
        raise BadManifest(f"`{path}`{where}: {error}") from error


def _selected(rules: Rules, apps: list[dict[str, Value]], variables: Variables) -> dict[str, Value]:
    """The one app that is deployed."""
    named = {str(variables.filled(app["name"])): app for app in apps}
    for name in rules.apps or ():
        if name not in named:
            near = difflib.get_close_matches(name, named, n=1) or sorted(named)[:1]
            raise BadManifest(
                f"`{FILE}` names the app `{name}`, `{rules.manifest}` does not; did it mean `{near[0]}`?"
            )
    chosen = [name for name in named if rules.apps is None or name in rules.apps]
    if len(chosen) == 1:
        return named[chosen[0]]
    both = ", ".join(f"`{name}`" for name in chosen)
    raise BadManifest(
        f"`{rules.manifest}` has the apps {both}; more than one in an environment is not built yet",
        decision=lines({"apps": [chosen[0]]}),
    )


# --- what fills it ---


def _variables(own: EnvironmentRules, facts: Facts, file: Read) -> Variables:
    """The values of ``vars_file`` and, over them, those of the rules."""
    values = _vars_file(own.vars_file, file) if own.vars_file else {}
    return Variables(values | {name: filled(value, facts) for name, value in own.vars.items()})


def _vars_file(path: str, file: Read) -> dict[str, Value]:
    text = file(path)
    if text is None:
        raise BadManifest(f"there is no `{path}` at this commit, which `vars_file` in `{FILE}` names")
    values = _document(path, text).value
    if not isinstance(values, dict | None):
        raise BadManifest(f"`{path}` is not a mapping of vars")
    return values or {}


def _injected(environment: Environment, facts: Facts) -> dict[str, str]:
    """What every app is told of itself."""
    env = {
        "REVIEWAPPS_URL": facts.url,
        "REVIEWAPPS_HOST": facts.host,
        "REVIEWAPPS_ENVIRONMENT": environment.name,
        "REVIEWAPPS_COMMIT": facts.commit,
    }
    if environment.number is not None:
        env["REVIEWAPPS_PULL_REQUEST"] = str(environment.number)
    return env


def _env(app: AppManifest, own: EnvironmentRules, facts: Facts) -> dict[str, str]:
    """The variables of the manifest and, over them, those of the rules. All of them go into one request, and into
    each process."""
    theirs = ((name, value) for name, value in app.env.items() if own.env.get(name) is None)
    ours = ((name, filled(value, facts)) for name, value in own.env.items() if value is not None)
    env, left = dict[str, str](), MOST_ENV
    for name, value in chain(theirs, ours):
        left -= len(name.encode()) + len(value.encode())
        if left < 0:
            raise BadManifest(
                f"its variables have more than {MOST_ENV // 1024} KB together, names and values"
            )
        env[name] = value
    return env


# --- where its source is ---


def _folder(app: AppManifest, manifest: str) -> str:
    """The folder to upload, relative to the top of the tree ("" is the top itself)."""
    asked = PurePosixPath(app.path)
    if asked.is_absolute():
        raise BadManifest(f"`path: {app.path}` leads out of the repository")
    parts: list[str] = []
    for part in (PurePosixPath(manifest).parent / asked).parts:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            raise BadManifest(f"`path: {app.path}` leads out of the repository")
    return "/".join(parts)


def _subtree(path: str, tree: Read, file: Read) -> str:
    found = tree(path)
    if found is not None:
        return found
    if path.endswith(ARCHIVES) or file(path) is not None:
        raise BadManifest(f"`path` is the file `{path}`; only folders can be deployed, archives not yet")
    raise BadManifest(f"there is no folder `{path or '.'}` at this commit, which `path` names")
