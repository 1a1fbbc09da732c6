"""What is there, held against what has to be there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reviewapps.approval.bases import with_bases
from reviewapps.approval.counting import Members, approvers, lacking, named_of
from reviewapps.approval.evidence import MOST_COMMITS, Evidence
from reviewapps.approval.reasons import Reason, listed, short
from reviewapps.approval.requires import Requires
from reviewapps.approval.tracing import Landing, landings


@dataclass(frozen=True)
class Approved:
    """It may go. ``why`` says what for: the pull requests, the checks, who signed it off."""

    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Missing:
    """It waits for all of these. It goes by itself when nothing is missing any more."""

    reasons: tuple[Reason, ...]

    @property
    def words(self) -> str:
        """The first few in one line, each with the pull requests that it is about.

        >>> Missing((Reason("1 approval", 12), Reason("1 approval", 14), Reason("check scan is red"))).words
        '1 approval (#12, #14) · check scan is red'
        """
        about: dict[str, list[str]] = {}
        for reason in self.reasons:
            about.setdefault(reason.text, []).extend([f"#{reason.pull}"] if reason.pull else [])
        told = [f"{text} ({listed(pulls)})" if pulls else text for text, pulls in about.items()]
        return listed(told, " · ")


Judgement = Approved | Missing


def judgement(requires: Requires, evidence: Evidence) -> Judgement:
    """Whether the head may go where ``evidence.running`` runs now. ``requires`` are those that hold *there*:
    the rules at the running commit, so that no pull request lowers its own."""
    if requires.nothing:
        return Approved()
    members = {team.name: team.members for team in evidence.teams}
    traced = landings(with_bases(evidence)) if requires.approvals and evidence.straight else ()
    reasons = (
        *(_changes(requires, evidence, traced, members) if requires.approvals else ()),
        *_checks(requires, evidence),
        *_sign_offs(requires, evidence, members),
    )
    if not reasons:
        return Approved(_why(requires, evidence, traced, members))
    return Missing((*reasons, *_unreadable(requires, evidence)))


def _changes(
    requires: Requires, evidence: Evidence, traced: tuple[Landing, ...], members: Members
) -> tuple[Reason, ...]:
    """What the way to the head lacks."""
    branch, head = evidence.branch, short(evidence.head)
    if not evidence.straight:
        text = f"{branch} was rewritten: {short(evidence.running)}, which runs, is not part of {head}"
        return (Reason(text, operator=True, by_hand=True),)
    if evidence.total != len(evidence.commits):
        text = f"{evidence.total} commits came to {branch} at once; at most {MOST_COMMITS} are traced"
        return (Reason(text, operator=True, by_hand=True),)
    pulls = {landing.pull.number: landing.pull for landing in traced if landing.pull is not None}
    return (
        *_told(traced, "pushed", f"pushed to {branch} without a pull request"),
        *_told(traced, "untold", f"of which GitHub does not tell yet how they came to {branch}"),
        *(reason for number in sorted(pulls) for reason in lacking(pulls[number], requires, members)),
    )


def _told(traced: Iterable[Landing], how: str, what: str) -> tuple[Reason, ...]:
    commits = [short(commit.sha) for landing in traced if landing.how == how for commit in landing.commits]
    if not commits:
        return ()
    several = "1 commit" if len(commits) == 1 else f"{len(commits)} commits"
    text = f"{several} {what}: {listed(commits)}"
    return (Reason(text.replace("they", "it") if len(commits) == 1 else text, by_hand=how == "pushed"),)


def _checks(requires: Requires, evidence: Evidence) -> tuple[Reason, ...]:
    """Of each named check: everything of that name has to be green, and there has to be something."""
    head, found = short(evidence.head), []
    for name in sorted(requires.checks):
        states = sorted({check.state for check in evidence.checks if check.name == name})
        worst = [state for state in states if state != "green"]
        if not states:
            found.append(Reason(f"check {name} did not run on {head} yet"))
        elif worst:
            found.append(Reason(f"check {name} is {' and '.join(worst)} on {head}"))
    return tuple(found)


def _sign_offs(requires: Requires, evidence: Evidence, members: Members) -> tuple[Reason, ...]:
    """Who has to say of this very commit that it may go, and did not."""
    return tuple(
        Reason(f"the word of {' or '.join(named)} for {short(evidence.head)}")
        for named in sorted(requires.sign_offs)
        if not named_of(named, _signed(evidence), members)
    )


def _signed(evidence: Evidence) -> frozenset[str]:
    """Who signed this very commit off, asked for or not."""
    return frozenset(one.person for one in evidence.sign_offs if one.commit == evidence.head)


def _unreadable(requires: Requires, evidence: Evidence) -> tuple[Reason, ...]:
    """Teams that nobody can be found in, since the token sees none of that name."""
    readable = {team.name for team in evidence.teams if team.members is not None}
    return tuple(
        Reason(
            f"who is in {name} is not known: there is no such team, or the App lacks the organization's "
            "permission Members: read (a token: the scope read:org)",
            operator=True,
        )
        for name in sorted(requires.teams - readable)
    )


MOST_CHARACTERS = 70
"""Of who approved what: it stands in one line of GitHub's, which takes 140, with what else there is to tell."""


def _why(
    requires: Requires, evidence: Evidence, traced: tuple[Landing, ...], members: Members
) -> tuple[str, ...]:
    pulls = {landing.pull.number: landing.pull for landing in traced if landing.pull is not None}
    people = {number: approvers(pulls[number], requires, members) for number in sorted(pulls)}
    signed = {one for named in requires.sign_offs for one in named_of(named, _signed(evidence), members)}
    told = [
        _approvals(people) if people else "",
        f"green: {listed(sorted(requires.checks))}" if requires.checks else "",
        f"signed off by {listed(sorted(signed))}" if requires.sign_offs else "",
    ]
    return tuple(filter(None, told))


def _approvals(people: Mapping[int, Sequence[str]]) -> str:
    """Who approved which pull request; where that gets long, who approved and what.

    >>> _approvals({12: ["ada", "bob"], 13: ["ada", "bob"], 14: ["eve"]})
    'approved: #12, #13 by ada, bob and #14 by eve'
    """
    together: dict[tuple[str, ...], list[int]] = {}
    for number, who in people.items():
        together.setdefault(tuple(who), []).append(number)
    told = f"approved: {' and '.join(_by(numbers, who) for who, numbers in together.items())}"
    if len(told) <= MOST_CHARACTERS:
        return told
    everybody = sorted({one for who in people.values() for one in who})
    return f"approved: {_by(list(people), everybody)}"


def _by(numbers: Sequence[int], who: Sequence[str]) -> str:
    by = f" by {listed(who)}" if who else ""
    return listed([f"#{number}" for number in numbers]) + by
