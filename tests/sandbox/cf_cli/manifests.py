"""Manifests: filled, compared, applied, and written from an app."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.sandbox.cf_cli.connection import Cf, decoded
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cf_cli.structs import DiffEntry, ManifestDiff
from tests.sandbox.cf_cli.summaries import app_named
from tests.sandbox.cf_cli.targeting import needs_target

YAML = "application/x-yaml"  # what is JSON is YAML, too, and without aliases

Manifest = dict[str, Any]


def filled(text: str, variables: Mapping[str, str]) -> str:
    """The manifest with ``((names))`` filled; one that nobody gave ends the command."""
    missing = sorted(set(re.findall(r"\(\(([\w-]+)\)\)", text)) - variables.keys())
    if missing:
        raise CommandFailed("MissingVariables", f"Expected to find variables: {', '.join(missing)}")
    return re.sub(r"\(\(([\w-]+)\)\)", lambda found: variables[found[1]], text)


def manifest_diff(cf: Cf, manifest: Manifest) -> list[DiffEntry]:
    needs_target(cf)
    url = cf.url(f"/v3/spaces/{cf.space.guid}/manifest_diff")
    return decoded(ManifestDiff, cf.send("POST", url, json.dumps(manifest).encode(), YAML)).diff


def apply_manifest(cf: Cf, manifest: Manifest) -> None:
    needs_target(cf)
    url = cf.url(f"/v3/spaces/{cf.space.guid}/actions/apply_manifest")
    answer = cf.send("POST", url, json.dumps(manifest).encode(), YAML)
    cf.finish(answer.headers["Location"])


def create_app_manifest(cf: Cf, name: str) -> Manifest:
    """``cf create-app-manifest NAME``: the YAML that it writes to a file."""
    answer = cf.send("GET", cf.url(f"/v3/apps/{app_named(cf, name).guid}/manifest"))
    assert answer.headers["Content-Type"].startswith(YAML)
    return dict(yaml.safe_load(answer.text))
