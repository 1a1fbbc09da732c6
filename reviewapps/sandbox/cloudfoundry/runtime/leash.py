"""Nothing that a command starts outlives it, and the command not us, however we end.

A small process holds each command as an init holds a container. Its standard input brings the command's
environment and then stays open: when it closes, because the command has to go or because we were killed, all
that the command started is killed. On Linux it is a "child subreaper": what leaves its parent becomes its
child, so that a daemon which forked twice, in a session of its own, is found too. Elsewhere (macOS has nothing
like it) only the command's process group is.

Run as a script by a bare interpreter, hence nothing but the quickest of the standard library here.
"""

import contextlib
import io
import marshal
import os
import select
import signal
import sys
import time

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
_LONGEST_KILL = 5.0  # seconds; what cannot be killed by then is another user's, or waits for a disk


class Leash:
    """One command, and all that it started. A signal that asks it to end gives it time; a kill does not."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self._asked: signal.Signals | None = None
        self._status: int | None = None
        self._woken, waking = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(waking, False)
        for sign in (*_PASSED_ON, signal.SIGCHLD):
            signal.signal(sign, lambda *_: None)
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        self._command = _started(command, env)
        os.chdir("/")  # the folder is the command's alone

    def hold(self) -> int:
        """The command's exit status as a shell counts it, when all that it started has ended."""
        while self._status is None or (self._asked and self._left()):
            # What is no child of ours does not wake us.
            ready, _, _ = select.select([0, self._woken], [], [], 0.05 if self._status is not None else None)
            self._hear()
            if 0 in ready:
                break
        deadline = time.monotonic() + _LONGEST_KILL
        while self._left() and time.monotonic() < deadline:
            self._signal(signal.SIGKILL)
            time.sleep(0.002)
        return 128 + signal.SIGKILL if self._status is None else self._status

    def _hear(self) -> None:
        try:
            signs = os.read(self._woken, 1024)
        except BlockingIOError:
            return
        for sign in signs:
            if sign in _PASSED_ON:
                self._asked = signal.Signals(sign)
                _kill_group(self._command, sign)
        self._reap()

    def _reap(self) -> None:
        try:
            while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
                if ended[0] == self._command:
                    code = os.waitstatus_to_exitcode(ended[1])
                    self._status = code if code >= 0 else 128 - code
                    if self._asked:  # what the group did not hear of is asked, too
                        self._signal(self._asked)
        except ChildProcessError:
            pass

    def _left(self) -> bool:
        self._reap()
        return bool(_descendants()) or _kill_group(self._command, 0)

    def _signal(self, sign: signal.Signals) -> None:
        _kill_group(self._command, sign)
        for pid in _descendants():
            with contextlib.suppress(OSError):
                os.kill(pid, sign)


def _started(command: list[str], env: dict[str, str]) -> int:
    child = os.fork()
    with contextlib.suppress(OSError):  # it is done already, and the command runs
        os.setpgid(child, child)  # by both, so that it is done when either goes on
    return child or _become(command, env)


def _become(command: list[str], env: dict[str, str]) -> int:
    try:
        signal.set_wakeup_fd(-1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for sign in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(sign, signal.SIG_DFL)  # the interpreter ignores them
        os.execvpe(command[0], command, env)
    except (OSError, ValueError) as wrong:
        reason = wrong.strerror if isinstance(wrong, OSError) else wrong
        os.write(2, f"{command[0]}: {reason}\n".encode(errors="replace"))
    os._exit(127)


def _kill_group(group: int, sign: int) -> bool:
    """Whether there is anybody in the group, who has got the signal."""
    try:
        os.killpg(group, sign)
    except ProcessLookupError:
        return False
    except PermissionError:  # of macOS, for a group of zombies
        return False
    return True


def _descendants() -> set[int]:
    """Every process below this one, as far as the machine tells."""
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc") if sys.platform == "linux" else ():
        if entry.name.isdigit():
            children.setdefault(_parent(entry.name), []).append(int(entry.name))
    found: set[int] = set()
    near = [os.getpid()]
    while near:
        below = children.get(near.pop(), [])
        found.update(below)
        near += below
    return found


def _parent(pid: str) -> int:
    try:
        with io.FileIO(f"/proc/{pid}/stat") as stat:
            return int(stat.read().rpartition(b")")[2].split()[1])
    except OSError:
        return 0  # gone


def _adopt() -> None:
    """Become the parent of what loses its own, where there is such a thing."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0)


if __name__ == "__main__":
    _adopt()
    sys.exit(Leash(sys.argv[1:], marshal.load(sys.stdin.buffer)).hold())
