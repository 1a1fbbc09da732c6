"""Droplets that no build made: their bits are uploaded, and how they start is what their maker says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.cloudfoundry.cloud import Cloud, Refused, greeter

TGZ = "droplet.tgz"


def of(app: str, **more: object) -> dict[str, Any]:
    return {"relationships": {"app": {"data": {"guid": app}}}, **more}


def uploaded(cloud: Cloud, droplet: str, bits: bytes, name: str = TGZ) -> Any:
    return cloud.call("POST", f"/v3/droplets/{droplet}/upload", files={"bits": (name, bits)})


def test_an_uploaded_droplet_has_the_checksum_of_its_bits_and_starts_as_its_maker_says(cloud: Cloud) -> None:
    built = cloud.droplet(cloud.app("golden"), greeter("hello"))
    bits = cloud.client.get(f"{cloud.server.api_url}/v3/droplets/{built}/download").content
    app, commands = cloud.app("shop"), {"web": "sed -i s/hello/evil/ app.py; exec python3 app.py"}
    droplet = cloud.call("POST", "/v3/droplets", of(app, process_types=commands))
    assert (droplet["state"], droplet["checksum"], "upload" in droplet["links"]) == (
        "AWAITING_UPLOAD", None, True,
    )  # fmt: skip

    assert uploaded(cloud, droplet["guid"], bits)["state"] == "PROCESSING_UPLOAD"

    staged = cloud.until(f"/v3/droplets/{droplet['guid']}", lambda it: it["state"] == "STAGED")
    assert staged["checksum"] == cloud.call("GET", f"/v3/droplets/{built}")["checksum"]
    assert staged["process_types"] == commands
    events = cloud.call("GET", f"/v3/audit_events?target_guids={app}")["resources"]
    assert {"audit.app.droplet.create", "audit.app.droplet.upload"} <= {one["type"] for one in events}
    copy = cloud.call("POST", f"/v3/droplets?source_guid={droplet['guid']}", of(cloud.app("other")))["guid"]
    assert (
        cloud.until(f"/v3/droplets/{copy}", lambda it: it["state"] == "STAGED")["process_types"] == commands
    )

    cloud.assign(app, droplet["guid"])
    cloud.map(cloud.route("shop"), app)
    cloud.call("POST", f"/v3/apps/{app}/actions/start")
    cloud.running(app)
    assert cloud.visit("shop").text == "evil"


def test_bits_come_once_and_as_a_tgz(cloud: Cloud) -> None:
    droplet = cloud.call("POST", "/v3/droplets", of(cloud.app()))
    guid = droplet["guid"]
    assert droplet["process_types"] == {"web": ""}
    wrong = "Uploaded droplet file is invalid: "
    with pytest.raises(Refused, match=f"{wrong}A droplet tgz file must be uploaded as 'bits'"):
        cloud.call("POST", f"/v3/droplets/{guid}/upload")
    with pytest.raises(Refused, match=f"{wrong}bits.zip is not a tgz"):
        uploaded(cloud, guid, b"x", "bits.zip")
    with pytest.raises(Refused, match=f"{wrong}droplet.tgz cannot be empty"):
        uploaded(cloud, guid, b"")
    uploaded(cloud, guid, b"x")
    with pytest.raises(Refused, match="Droplet may be uploaded only once"):
        uploaded(cloud, guid, b"y")


@pytest.mark.parametrize(
    ("commands", "why"),
    [
        ("web", "Process types must be an object"),
        ({"": "serve"}, "Process types key must not be empty"),
        ({"web": 7}, "Process types value must be a string"),
    ],
)
def test_commands_are_texts_by_the_types_of_processes(cloud: Cloud, commands: object, why: str) -> None:
    with pytest.raises(Refused, match=why):
        cloud.call("POST", "/v3/droplets", of(cloud.app(), process_types=commands))


def test_it_belongs_to_an_app_that_its_maker_may_write(cloud: Cloud) -> None:
    with pytest.raises(Refused, match='App with guid "nobody" does not exist'):
        cloud.call("POST", "/v3/droplets", of("nobody"))


def test_who_may_only_look_is_not_shown_how_a_droplet_starts(cloud: Cloud) -> None:
    app = cloud.app()
    droplet = cloud.droplet(app, greeter("hello"))
    cloud.assign(app, droplet)
    cloud.server.add_user("watcher", "secret", roles={"acme/review": "space_auditor"})
    watcher = cloud.login("watcher", "secret")

    for path in (f"/v3/droplets/{droplet}", f"/v3/apps/{app}/droplets/current"):
        assert cloud.call("GET", path)["process_types"] == {"web": "python3 app.py"}
        shown = cloud.call("GET", path, client=watcher)
        assert shown["process_types"] == {"redacted_message": "[PRIVATE DATA HIDDEN]"}
        assert shown["checksum"] is not None
