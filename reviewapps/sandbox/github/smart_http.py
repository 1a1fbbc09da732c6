"""Clone, fetch and push: git's own `http-backend`, spoken to as a web server does, nothing buffered."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web

from reviewapps.sandbox.github.access import Asker, asker
from reviewapps.sandbox.github.apps.tokens import allows
from reviewapps.sandbox.github.calls import Engine
from reviewapps.sandbox.github.git import clean_environment, configured
from reviewapps.sandbox.github.pushes import Unreadable, commands, declined, install_hooks, reworded
from reviewapps.sandbox.github.refusals import Refused
from reviewapps.sandbox.github.state import Repository, User

CHUNK = 64 * 1024
SERVICES = ("git-upload-pack", "git-receive-pack")
PUSHABLE = ("refs/heads/", "refs/tags/", "refs/notes/")
HIDDEN = ("refs", *(f"!{folder.rstrip('/')}" for folder in PUSHABLE))
"""Nobody pushes to other refs: git itself believes some of them, and pull requests have theirs."""
LISTING, FLUSH = b"command=ls-refs", b"0000"
TEST_MERGE = re.compile(rb"ref-prefix refs/pull/(\d{1,18})/merge\b")
ABILITIES = {
    "Content-Type": "application/x-git-upload-pack-advertisement",
    "Cache-Control": "no-cache, max-age=0, must-revalidate",
    "Expires": "Fri, 01 Jan 1980 00:00:00 GMT",
    "Pragma": "no-cache",
}
SIGN_IN = {"WWW-Authenticate": 'Basic realm="GitHub"'}


class SmartHttp:
    """Serves `/{owner}/{repo}.git/…` to git."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._told = b""

    def mount(self, app: web.Application) -> None:
        """Serve repositories, with `.git` at the end of the name or without."""
        app.router.add_get("/{owner}/{repo}/{command:info/refs}", self._serve)
        app.router.add_post("/{owner}/{repo}/{command:git-upload-pack|git-receive-pack}", self._serve)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        services = request.query.getall("service", [])
        if request.match_info["command"] == "info/refs" and (
            len(services) != 1 or services[0] not in SERVICES
        ):
            return web.Response(status=403, text="Please upgrade your git client.\n")
        pushes = "git-receive-pack" in (request.match_info["command"], *services)
        try:
            who = asker(request, self._engine.world)
            repository = self._repository(request, who)
            user = _writer(repository, who) if pushes else _reader(repository, who)
        except Refused as refused:
            headers = SIGN_IN if refused.status == 401 else {}
            return web.Response(status=refused.status, text=f"{refused}\n", headers=headers)
        match request.match_info["command"]:
            case "git-receive-pack" if user is not None:
                return await self._received(request, repository, user)
            case "info/refs" if not pushes and request.headers.get("Git-Protocol") == "version=2":
                return await self._abilities(repository)
            case "git-upload-pack":
                return await _cgi(request, repository, user, await self._asked_for(request, repository))
            case _:
                return await _cgi(request, repository, user)

    async def _abilities(self, repository: Repository) -> web.Response:
        """What git can do here: all that the second version of its protocol tells before it is asked, and the same
        for every repository of ours."""
        if not self._told:
            words = ("upload-pack", "--stateless-rpc", "--advertise-refs", str(repository.git.path))
            self._told = await repository.git.output(*words, environment={"GIT_PROTOCOL": "version=2"})
        return web.Response(body=self._told, headers=ABILITIES)

    async def _asked_for(self, request: web.Request, repository: Repository) -> bytes:
        """The beginning of the request. The test merges that it names are there from now on."""
        beginning = await request.content.readany()
        while beginning[4:].startswith(LISTING) and not beginning.endswith(FLUSH) and len(beginning) < CHUNK:
            if not (more := await request.content.readany()):
                break
            beginning += more
        for number in {int(found) for found in TEST_MERGE.findall(beginning)}:
            if number in repository.pull_requests:
                await self._engine.merging.mergeable(repository.pull_requests[number])
        return beginning

    async def _received(self, request: web.Request, repository: Repository, user: User) -> web.StreamResponse:
        try:
            beginning, wanted = await commands(request.content)
        except Unreadable as wrong:
            return web.Response(status=400, text=f"protocol error: {wrong}\n")
        gate = self._engine.gate
        found = {one.ref: gate.push_refusals(repository, user, one.ref, one.old, one.new) for one in wanted}
        refused = {ref: refusals for ref, refusals in found.items() if refusals}
        before = await repository.git.refs(*PUSHABLE)
        with TemporaryDirectory(dir=repository.git.path.parent) as folder:
            rules = f"{request.url.origin()}/{repository.full_name}/rules"
            install_hooks(wanted, refused, Path(folder), rules)
            words = {ref: declined(refusals) for ref, refusals in refused.items()}
            response = await _cgi(request, repository, user, beginning, folder, words)
        if await repository.git.refs(*PUSHABLE) != before:
            await self._engine.pull_requests.refs_changed(repository, user)
            await self._engine.merge_queue.advance()
        return response

    def _repository(self, request: web.Request, who: Asker) -> Repository:
        owner, name = request.match_info["owner"], request.match_info["repo"].removesuffix(".git")
        world = self._engine.world
        found = world.named(owner, name) or world.formerly_named(owner, name)
        if found is not None and who.permission(found) != "none":
            return found
        raise Refused(401 if who.user is None else 404, "Repository not found.")


def _reader(repository: Repository, who: Asker) -> User | None:
    if repository.private and who.token is not None and not allows(who.token.permissions, "contents", "read"):
        raise _denied(repository, who.token.installation.app.bot)
    return who.user


def _writer(repository: Repository, who: Asker) -> User:
    if who.user is None:
        raise Refused(401, "Authentication required.")
    contents = who.token is None or allows(who.token.permissions, "contents", "write")
    if not contents or who.permission(repository) not in ("admin", "write"):
        raise _denied(repository, who.user)
    return who.user


def _denied(repository: Repository, user: User) -> Refused:
    return Refused(403, f"Permission to {repository.full_name}.git denied to {user.login}.")


async def _cgi(
    request: web.Request,
    repository: Repository,
    user: User | None,
    beginning: bytes = b"",
    hooks: str = "/dev/null",
    words: dict[str, str] | None = None,
) -> web.StreamResponse:
    environment = _environment(request, repository.git.path, user, hooks)
    process = await asyncio.create_subprocess_exec(
        "git",
        "http-backend",
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    feeding = asyncio.create_task(_feed(request, process, beginning))
    try:
        response = await _answer(request, process, words or {})
        await process.wait()
        return response
    finally:
        feeding.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()


def _environment(request: web.Request, path: Path, user: User | None, hooks: str) -> dict[str, str]:
    # No CONTENT_LENGTH and no HTTP_CONTENT_ENCODING: aiohttp has unpacked the body, and its end is the end.
    return clean_environment() | {
        "GIT_PROJECT_ROOT": str(path.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{path.name}/{request.match_info['command']}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": "".join(f"service={service}" for service in request.query.getall("service", [])),
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "REMOTE_USER": user.login if user else "",
        "REMOTE_ADDR": request.remote or "",
        **configured(*(("receive.hideRefs", ref) for ref in HIDDEN), ("core.hooksPath", hooks)),
    }


async def _feed(request: web.Request, process: asyncio.subprocess.Process, beginning: bytes) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(beginning)
        async for chunk in request.content.iter_chunked(CHUNK):
            process.stdin.write(chunk)
            await process.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        return  # git has read enough
    finally:
        process.stdin.close()


async def _answer(
    request: web.Request, process: asyncio.subprocess.Process, words: dict[str, str]
) -> web.StreamResponse:
    assert process.stdout is not None
    response = web.StreamResponse()
    while line := (await process.stdout.readline()).decode().strip():
        name, _, value = line.partition(":")
        if name == "Status":
            response.set_status(int(value.split()[0]))
        else:
            response.headers[name] = value.strip()
    await response.prepare(request)
    if words:
        await response.write(reworded(await process.stdout.read(), words))
    while chunk := await process.stdout.read(CHUNK):
        await response.write(chunk)
    return response
