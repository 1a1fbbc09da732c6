"""Where something is asked for before a commit goes there: the rules that it runs by, and what they may lead to.

The default branch's rules count as soon as they are merged, or pushed. So there they do not say by themselves
what a shared environment follows, or which command, service and variable it gets: that goes there as code does.
"""

from __future__ import annotations

from reviewapps.desired.verdicts import Hold, Leave
from reviewapps.errors import BadRules
from reviewapps.model import Follows
from reviewapps.rules import FILE, Rules


def led_astray(kind: str, there: Follows | None, follows: Follows, default_branch: str) -> str | None:
    """Why it may not follow what the default branch's rules say; None where it may. Whoever may merge into another
    branch, or tag, may be more people: so the rules ``there``, where it runs, have to say the same."""
    old, new = _words(there, default_branch), _words(follows, default_branch)
    if old == new:
        return None
    return (
        f"the rules at what runs there follow {old}, the new ones {new}: take that back, or let an operator bring "
        f"a commit of {new} there (`reviewapps rollback {kind} SHA`)"
    )


def lacking(
    commit: str, brought: Rules, default: Rules | BadRules, branch: str, default_branch: str
) -> Hold | None:
    """Why a commit of that branch has no rules to run by; None where it ``brought`` some. That the default branch
    has a file and this one has none is hardly meant."""
    if branch == default_branch or brought.environments:
        return None
    if isinstance(default, BadRules) or not default.environments:
        return None
    why = f"{commit[:7]} has no {FILE}, and where approvals are asked for a commit brings its own rules"
    return Hold(commit, "rules", (f"{why}: merge the file into {branch}",))


def broken(rules: BadRules, default_branch: str) -> Leave:
    """That all stays as it is, since the default branch's rules cannot be read."""
    return Leave(f"the rules on {default_branch} cannot be read: {rules.where}")


def unreadable(commit: str) -> Hold:
    """That the rules which a commit brings cannot be read."""
    return Hold(commit, "rules", (f"the rules at {commit[:7]} cannot be read",))


def nothing_to_judge_by(kind: str, follows: Follows, commit: str) -> Hold:
    """That the rules at what runs there cannot be read, so that nobody knows what they ask of this commit. Only
    somebody's word leads out of that."""
    out = f"deploy {kind} REF --override" if follows.tags else f"rollback {kind} SHA"
    why = "the rules at the commit that runs there cannot be read: let an operator bring another one there"
    return Hold(commit, "rules", (f"{why} (`reviewapps {out}`)",))


def _words(follows: Follows | None, default_branch: str) -> str:
    if follows is None:
        return "nothing"
    return f"tags {', '.join(follows.tags)}" if follows.tags else f"branch {follows.branch or default_branch}"
