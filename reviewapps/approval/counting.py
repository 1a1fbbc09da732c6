"""Whether the reviews of one pull request are enough.

An approval counts for the commit that it was given on, and only for that: not even a merge of the base branch
may come after it, since a merge commit can hold anything and nobody who reads the list of commits would see it.
"""

from __future__ import annotations

from collections.abc import Mapping

from reviewapps.approval.evidence import Pull, Review
from reviewapps.approval.reasons import Reason, listed, short
from reviewapps.approval.requires import Quorum, Requires

BY_ITSELF = frozenset({"dependabot[bot]", "renovate[bot]"})
"""Bots that push nothing but what they think of. Any other one may push what somebody told it to, as a workflow of
anybody's branch does."""

Members = Mapping[str, frozenset[str] | None]
"""Who is in which team; None where that cannot be read."""


def lacking(pull: Pull, requires: Requires, members: Members) -> tuple[Reason, ...]:
    """What this pull request lacks, in words; nothing where it is approved."""
    if pull.unlisted:
        told = listed([short(commit) for commit in pull.unlisted])
        text = f"GitHub does not list all that came with it: {told}"
        return (Reason(text, pull.number, operator=True),)
    opinions = _by_reviewer(pull)
    objecting = sorted(who for who, said in opinions.items() if said[-1].opinion == "changes requested")
    if objecting:
        return (Reason(f"{listed(objecting)} asked for changes", pull.number),)
    if pull.decision == "changes requested":
        return (Reason("changes were asked for", pull.number),)
    approvers = frozenset(who for who, said in opinions.items() if _approves(pull, said))
    found = [
        _lack(pull, quorum, approvers, requires, members)
        for quorum in sorted(requires.approvals)
        if not _met(pull, quorum, approvers, requires, members)
    ]
    if not found and pull.decision == "review required":
        found = [Reason("one more review, as its branch's rules or its code owners want it", pull.number)]
    return tuple(found)


def approvers(pull: Pull, requires: Requires, members: Members) -> tuple[str, ...]:
    """By whose approvals it is approved, by name."""
    said = frozenset(who for who, said in _by_reviewer(pull).items() if _approves(pull, said))
    named = {
        who
        for quorum in requires.approvals
        for who in _needed(pull, quorum, named_of(quorum.of, said, members), requires)
    }
    return tuple(sorted(named))


def _needed(pull: Pull, quorum: Quorum, counted: frozenset[str], requires: Requires) -> frozenset[str]:
    """Those whose word counts for all of it; where they are too few, whoever's counts for some."""
    if requires.self_approval:
        return counted
    for_all = counted.difference(*_own(pull))
    return for_all if len(for_all) >= quorum.count else counted - frozenset.intersection(*_own(pull))


def _by_reviewer(pull: Pull) -> dict[str, list[Review]]:
    """What everybody said whose word counts, oldest first."""
    said: dict[str, list[Review]] = {}
    for review in sorted(pull.reviews, key=lambda one: (one.at, one.id)):
        if review.counts:
            said.setdefault(review.reviewer, []).append(review)
    return said


def _approves(pull: Pull, said: list[Review]) -> bool:
    """Whether it was the head that was approved, of this base, and not taken back by whatever came after."""
    approved = False
    for review in said:
        if review.opinion != "approved":
            approved = False
        elif review.commit == pull.head and (not pull.retargeted_at or review.at > pull.retargeted_at):
            approved = True
    return approved


def _met(pull: Pull, quorum: Quorum, approvers: frozenset[str], requires: Requires, members: Members) -> bool:
    """Whether enough people approved, whosever work is looked at: of each commit, enough who did not write it.

    Who pushed a commit may have written it under another name; where nobody knows who that was, or it was a bot,
    it may have been any one of the approvers.
    """
    counted = named_of(quorum.of, approvers, members)
    if requires.self_approval:
        return len(counted) >= quorum.count
    return all(len(counted - own) >= quorum.count + bool(_untold(pull)) for own in _own(pull))


def _untold(pull: Pull) -> str:
    """Why it is not known whose work all of it is; nothing where it is."""
    bots = {who for who in (pull.author, *pull.pushers) if who.endswith("[bot]")}
    if bots := bots - ({pull.author} & BY_ITSELF):
        return f"whoever had {listed(sorted(bots))} push it is not known, so one more is needed"
    return "" if pull.all_told else "GitHub does not tell who pushed it all, so one more is needed"


def _own(pull: Pull) -> list[frozenset[str]]:
    """For the pull request as a whole, each push and each commit: whose own work it may be."""
    author = frozenset({pull.author})
    return [author, *(author | {pusher} for pusher in pull.pushers), *(author | one for one in pull.authors)]


def named_of(named: tuple[str, ...], people: frozenset[str], members: Members) -> frozenset[str]:
    """Those of ``people`` who are named, or in a team that is."""
    if not named:
        return people
    within = {who for name in named for who in (members.get(name) or () if "/" in name else (name,))}
    return people & within


def _lack(
    pull: Pull, quorum: Quorum, approvers: frozenset[str], requires: Requires, members: Members
) -> Reason:
    """How many more of whom, and why what there is does not count."""
    counted = named_of(quorum.of, approvers, members)
    have = len(counted) if requires.self_approval else min(len(counted - own) for own in _own(pull))
    unknown = "" if requires.self_approval else _untold(pull)
    more = Quorum(quorum.count + bool(unknown) - have, quorum.of)
    told = [
        *_stale(pull, quorum, approvers, members),
        *_uncounted(pull, quorum, members),
        *(["nobody approves what is their own"] if have < len(counted) else []),
        *([unknown] if unknown else []),
    ]
    return Reason(f"{more.words} ({'; '.join(told)})" if told else more.words, pull.number)


def _stale(pull: Pull, quorum: Quorum, approvers: frozenset[str], members: Members) -> list[str]:
    """Who approved something else than what was merged."""
    said = {who: reviews[-1] for who, reviews in _by_reviewer(pull).items()}
    late = frozenset(who for who, last in said.items() if last.opinion == "approved") - approvers
    told = []
    for who in sorted(named_of(quorum.of, late, members)):
        before = said[who].commit
        what = (
            f"{short(before)}, and {short(pull.head)} was merged" if before != pull.head else "another base"
        )
        told.append(f"{who} approved {what}")
    return told


def _uncounted(pull: Pull, quorum: Quorum, members: Members) -> list[str]:
    """Who approved though their word does not count: bots, and people who may not write."""
    said = frozenset(one.reviewer for one in pull.reviews if not one.counts and one.opinion == "approved")
    told = sorted(named_of(quorum.of, said, members))
    return [f"{listed(told)} may not approve here"] if told else []
