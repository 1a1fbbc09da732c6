"""What an environment asks for before a commit may go there, and how two who ask are joined."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Quorum:
    """``count`` people out of ``of``: logins, and teams as ``owner/team``; empty means whoever may write.

    >>> Quorum(2, ("Acme/Release",)).words
    '2 approvals of acme/release'
    """

    count: int
    of: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", tuple(sorted({name.lower() for name in self.of})))

    @property
    def words(self) -> str:
        return f"{self.count} approval{'' if self.count == 1 else 's'}{self.whose}"

    @property
    def whose(self) -> str:
        return f" of {' or '.join(self.of)}" if self.of else ""

    def implies(self, other: Quorum) -> bool:
        """Whether whatever meets this one meets the other too."""
        within = not other.of or (bool(self.of) and set(self.of) <= set(other.of))
        return self.count >= other.count and within


@dataclass(frozen=True)
class Requires:
    """Every quorum has to be met by each pull request; every check has to be green on the head; of each of
    ``sign_offs`` somebody has to sign the head off. Unless ``self_approval``, nobody's word counts for what is
    their own.
    """

    approvals: frozenset[Quorum] = frozenset()
    self_approval: bool = True
    checks: frozenset[str] = frozenset()
    sign_offs: frozenset[tuple[str, ...]] = frozenset()

    @classmethod
    def wish(
        cls,
        approvals: int | None = None,
        of: Iterable[str] = (),
        *,
        self_approval: bool = False,
        checks: Iterable[str] = (),
        sign_off: Iterable[str] = (),
    ) -> Requires:
        """As the words of one file mean it. Who names people without a number wants one of them; who leaves
        ``self_approval`` out does not allow it."""
        named, signers = tuple(of), tuple(sorted({name.lower() for name in sign_off}))
        count = (1 if named else 0) if approvals is None else approvals
        return cls(
            frozenset({Quorum(count, named)} if count > 0 else ()),
            self_approval,
            frozenset(checks),
            frozenset({signers} if signers else ()),
        )

    @property
    def names(self) -> frozenset[str]:
        """Everybody whose word may be needed: people, and teams as ``owner/team``."""
        names = {name for quorum in self.approvals for name in quorum.of}
        return frozenset(names | {name for signers in self.sign_offs for name in signers})

    @property
    def teams(self) -> frozenset[str]:
        """The teams whose members have to be known to judge, as ``owner/team``."""
        return frozenset(name for name in self.names if "/" in name)

    @property
    def nothing(self) -> bool:
        """Whether nothing is asked for, so that no evidence is needed."""
        return not (self.approvals or self.checks or self.sign_offs)


NOTHING = Requires()


def stricter(one: Requires, other: Requires) -> Requires:
    """What both ask for. So a repository's wish, joined with the operator's floor, is never below it."""
    quorums = one.approvals | other.approvals
    return Requires(
        frozenset(q for q in quorums if not any(p != q and p.implies(q) for p in quorums)),
        one.self_approval and other.self_approval,
        one.checks | other.checks,
        one.sign_offs | other.sign_offs,
    )
