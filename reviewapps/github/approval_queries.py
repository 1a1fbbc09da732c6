"""The two questions about approvals that GraphQL answers, and REST would only answer commit by commit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

_PULL = """
number url mergedAt baseRefName headRefName headRefOid reviewDecision
author { __typename login }
mergeCommit { oid }
headRepository { databaseId }
timelineItems(last: 100, itemTypes: [
  BASE_REF_CHANGED_EVENT, AUTOMATIC_BASE_CHANGE_SUCCEEDED_EVENT, BASE_REF_FORCE_PUSHED_EVENT
  BASE_REF_DELETED_EVENT
]) {
  nodes {
    ... on BaseRefChangedEvent { createdAt }
    ... on AutomaticBaseChangeSucceededEvent { createdAt }
    ... on BaseRefForcePushedEvent { createdAt }
    ... on BaseRefDeletedEvent { createdAt }
  }
}
"""

_REVIEWS = """
reviews(first: 100, after: $reviews, states: [APPROVED, CHANGES_REQUESTED, DISMISSED]) {
  pageInfo { hasNextPage endCursor }
  nodes {
    fullDatabaseId state submittedAt authorCanPushToRepository
    author { __typename login ... on User { databaseId } }
    commit { oid }
  }
}
"""

_COMMITS = """
commits(first: 100, after: $commits) {
  totalCount
  pageInfo { hasNextPage endCursor }
  nodes { commit {
    oid
    parents(first: 10) { nodes { oid } }
    authors(first: 20) { totalCount nodes { user { login } } }
  } }
}
"""

CHECKS = """
query Checks($owner: String!, $name: String!, $head: GitObjectID!, $after: String) {
  repository(owner: $owner, name: $name) {
    databaseId
    object(oid: $head) { ... on Commit { statusCheckRollup { contexts(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        __typename
        ... on CheckRun { name status conclusion url }
        ... on StatusContext { context state targetUrl }
      }
    } } } }
  }
}
"""

PULL = f"""
query Approvals($owner: String!, $name: String!, $number: Int!, $reviews: String, $commits: String) {{
  repository(owner: $owner, name: $name) {{
    databaseId
    pullRequest(number: $number) {{ {_PULL} {_REVIEWS} {_COMMITS} }}
  }}
}}
"""


def associations(pages: Mapping[str, str | None]) -> str:
    """Which pull requests each commit belongs to; ``pages`` are the cursors to go on from, by commit."""
    asked = "".join(_of_commit(commit, cursor) for commit, cursor in pages.items())
    return (
        "query Associations($owner: String!, $name: String!) "
        f"{{ repository(owner: $owner, name: $name) {{ databaseId {asked} }} }}"
    )


def _of_commit(commit: str, cursor: str | None) -> str:
    after = f", after: {json.dumps(cursor)}" if cursor else ""
    return (
        f'of_{commit}: object(oid: "{commit}") {{ ... on Commit {{ associatedPullRequests(first: 100{after}) '
        "{ pageInfo { hasNextPage endCursor } nodes { number merged baseRefName mergeCommit { oid } } } } } "
    )


def pulls(numbers: Iterable[int]) -> str:
    """Several pull requests at once, each with its first page of reviews and commits."""
    asked = " ".join(f"pull_{number}: pullRequest(number: {number}) {{ ...Whole }}" for number in numbers)
    return (
        "query Pulls($owner: String!, $name: String!, $reviews: String, $commits: String) "
        f"{{ repository(owner: $owner, name: $name) {{ databaseId {asked} }} }} "
        f"fragment Whole on PullRequest {{ {_PULL} {_REVIEWS} {_COMMITS} }}"
    )
