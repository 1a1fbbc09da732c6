"""The check itself: what is not as GitHub describes it is noticed."""

from __future__ import annotations

from tests.contract.github import wrongs

REF = "/repos/{owner}/{repo}/git/ref/{ref}"


def test_a_missing_member_a_wrong_type_and_a_bad_date_are_noticed() -> None:
    assert "'node_id' is a required property" in str(wrongs("GET", REF, 200, {"ref": "refs/heads/main"}))
    (wrong,) = [one for one in wrongs("GET", REF, 200, {"ref": 1}) if one.startswith("$.ref")]
    assert "is not of type 'string'" in wrong
    pull = "/repos/{owner}/{repo}/pulls/{pull_number}"
    assert "is not a 'date-time'" in str(wrongs("GET", pull, 200, {"created_at": "yesterday"}))


def test_a_head_repository_may_be_null_and_a_base_may_not() -> None:
    pulls = "/repos/{owner}/{repo}/pulls"
    found = wrongs("GET", pulls, 200, [{"head": {"repo": None}, "base": {"repo": None}}])
    assert any(one.startswith("$[0].base.repo") for one in found)
    assert not any(one.startswith("$[0].head.repo") for one in found)


def test_of_a_list_the_one_that_is_unlike_the_others_is_noticed() -> None:
    refs = "/repos/{owner}/{repo}/git/matching-refs/{ref}"

    def ref(number: int, **other: object) -> dict[str, object]:
        sha, url = f"{number:040x}", f"http://localhost/{number}"
        pointed = {"type": "commit", "sha": sha, "url": url}
        return {
            "ref": f"refs/tags/{number}",
            "node_id": f"UmVm{number}",
            "url": url,
            "object": pointed,
            **other,
        }

    alike = [ref(number) for number in range(100)]
    assert wrongs("GET", refs, 200, alike) == []
    assert "8 is not of type" in str(wrongs("GET", refs, 200, [*alike, ref(8, url=8)]))
    assert "None is not of type" in str(wrongs("GET", refs, 200, [*alike, ref(7, node_id=None)]))


def test_unknown_operations_and_statuses_and_bodies_where_none_belong_are_noticed() -> None:
    assert wrongs("GET", "/repos/{owner}/{repo}/made-up", 200, {})
    assert wrongs("GET", REF, 203, {})
    assert wrongs("DELETE", "/repos/{owner}/{repo}/git/refs/{ref}", 204, {})
    assert not wrongs("DELETE", "/repos/{owner}/{repo}/git/refs/{ref}", 204, None)


def test_a_refusal_has_a_message_and_its_status() -> None:
    assert any("documentation_url" in one for one in wrongs("GET", REF, 404, {"message": "Not Found"}))
