"""Lists, labels and bodies: what is found, and what is refused."""

from __future__ import annotations

import pytest

from tests.sandbox.cloudfoundry.cloud import Cloud, Refused


def test_the_client_walks_all_pages(cloud: Cloud) -> None:
    for number in range(5):
        cloud.app(f"app-{number}")

    found = cloud.client.v3.apps.list(per_page=2, order_by="-name")

    assert found.total_results == 5
    assert [app["name"] for app in found] == [f"app-{number}" for number in (4, 3, 2, 1, 0)]
    pagination = cloud.call("GET", "/v3/apps?per_page=2&page=2&names=app-1,app-2,app-3")["pagination"]
    assert pagination["total_pages"] == 2
    assert pagination["next"] is None
    assert "names=app-1%2Capp-2%2Capp-3" in pagination["previous"]["href"]


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("pr=12", ["a"]),
        ("pr==12,stage!=live", ["a"]),
        ("pr in (12,13)", ["a", "b"]),
        ("pr in (12,13),stage", ["b"]),
        ("pr notin (12)", ["b", "c"]),
        ("!pr", ["c"]),
        ("pr!=12", ["b", "c"]),
        ("example.org/team=web", ["c"]),
    ],
)
def test_label_selectors_select(cloud: Cloud, selector: str, names: list[str]) -> None:
    cloud.app("a", metadata={"labels": {"pr": "12"}})
    cloud.app("b", metadata={"labels": {"pr": "13", "stage": "live"}})
    cloud.app("c", metadata={"labels": {"example.org/team": "web"}})

    assert [app["name"] for app in cloud.client.v3.apps.list(label_selector=selector)] == names


def test_times_select_too(cloud: Cloud) -> None:
    cloud.app("a")

    assert cloud.client.v3.apps.len(**{"created_ats[lt]": "2020-01-01T00:00:00Z"}) == 0
    assert cloud.client.v3.apps.len(**{"created_ats[gt]": "2020-01-01T00:00:00Z"}) == 1


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("colour=red", "Unknown query parameter(s): 'colour'"),
        ("per_page=5001", "Per page must be between 1 and 5000"),
        ("page=0", "Page must be a positive integer"),
        ("order_by=size", "Order by can only be"),
        ("label_selector=a(b", "Invalid label_selector value"),
        ("include=droplet", "Invalid included resource: 'droplet'"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(cloud: Cloud, query: str, says: str) -> None:
    with pytest.raises(Refused) as refused:
        cloud.call("GET", f"/v3/apps?{query}")

    assert (refused.value.status, refused.value.code) == (400, 10005)
    assert says in refused.value.detail


def test_an_unknown_field_is_refused(cloud: Cloud) -> None:
    with pytest.raises(Refused) as refused:
        cloud.app("shop", colour="red")

    assert (refused.value.status, refused.value.code) == (422, 10008)
    assert refused.value.detail == "Unknown field(s): 'colour'"


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ({"branch": "feature/x"}, "Metadata label value error: 'feature/x' contains invalid characters"),
        ({"a": "x" * 64}, "Metadata label value error: 'xxxxxxxx...' is greater than 63 characters"),
        ({"a": "-x"}, "Metadata label value error: '-x' starts or ends with invalid characters"),
        ({"cloudfoundry.org/a": "x"}, "Metadata label key error: prefix 'cloudfoundry.org' is reserved"),
        ({"a/b/c": "x"}, "Metadata label key error: key has more than one '/'"),
        ({f"l{n}": "x" for n in range(51)}, "Failed to add 51 labels because it would exceed maximum of 50"),
    ],
)
def test_labels_that_are_not_allowed_are_refused(cloud: Cloud, labels: dict[str, str], says: str) -> None:
    with pytest.raises(Refused) as refused:
        cloud.app("shop", metadata={"labels": labels})

    assert refused.value.detail == says
    assert cloud.call("GET", "/v3/apps")["resources"] == []


def test_labels_merge_and_null_takes_one_away(cloud: Cloud) -> None:
    app = cloud.app("shop", metadata={"labels": {"a": "1", "b": "2"}, "annotations": {"note": "x" * 5000}})

    labels = {"b": None, "c": "3"}
    merged = cloud.call("PATCH", f"/v3/apps/{app}", {"metadata": {"labels": labels}})["metadata"]

    assert merged == {"labels": {"a": "1", "c": "3"}, "annotations": {"note": "x" * 5000}}
    with pytest.raises(Refused, match="is greater than 5000 characters"):
        cloud.call("PATCH", f"/v3/apps/{app}", {"metadata": {"annotations": {"note": "x" * 5001}}})


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"PORT": "1"}, "cannot set PORT"),
        ({"vcap_x": "1"}, "cannot start with VCAP_"),
        ({"A": 1}, "Non-string value"),
    ],
)
def test_variables_that_belong_to_the_platform_are_refused(
    cloud: Cloud, variables: dict[str, object], says: str
) -> None:
    app = cloud.app()

    with pytest.raises(Refused) as refused:
        cloud.call("PATCH", f"/v3/apps/{app}/environment_variables", {"var": variables})

    assert says in refused.value.detail


def test_an_unknown_path_is_an_unknown_request(cloud: Cloud) -> None:
    with pytest.raises(Refused) as refused:
        cloud.call("GET", "/v3/dogs")

    assert (refused.value.status, refused.value.code, refused.value.detail) == (404, 10000, "Unknown request")
