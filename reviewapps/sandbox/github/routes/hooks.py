"""Webhooks of repositories, and what was delivered to them."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.presenters import hooks as present
from reviewapps.sandbox.github.refusals import Refused, invalid, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import JSON, Hook
from reviewapps.sandbox.github.webhooks.configuring import (
    CONFIG,
    HOOK,
    config_of,
    configure,
    events_of,
    url_of,
)
from reviewapps.sandbox.github.webhooks.pushes import RefChange

routes = Routes()
HOOKS = "/repos/{owner}/{repo}/hooks"
MOST_HOOKS = 20


@routes.on("GET", HOOKS)
async def hooks(call: Call) -> Answer:
    """The hooks of a repository."""
    call.require_admin()
    return call.listing(_hooks(call), lambda one: present.hook(one, call.urls))


@routes.on("POST", HOOKS)
async def create(call: Call) -> Answer:
    """A new hook, which is pinged at once."""
    user = call.require_admin()
    wanted, now = await call.wanted(**HOOK), call.world.clock.timestamp
    if wanted.get("name", "web") != "web":
        raise invalid("Hook", "name")
    config, events = config_of(wanted), events_of(wanted.get("events", ["push"]))
    hook = Hook(
        id=call.world.next_id(),
        repository=call.repository,
        app=None,
        events=events,
        url=url_of(config),
        created_at=now,
        updated_at=now,
        active=bool(wanted.get("active", True)),
    )
    configure(hook, config)
    _require_new(call, hook)
    call.world.hooks[hook.id] = hook
    if hook.active:
        await call.engine.events.ping(hook, user)
    return Answer(present.hook(hook, call.urls), 201)


@routes.on("GET", HOOKS + "/{hook_id}")
async def one(call: Call) -> Answer:
    """A hook."""
    return Answer(present.hook(hook_of_path(call), call.urls))


@routes.on("PATCH", HOOKS + "/{hook_id}")
async def update(call: Call) -> Answer:
    """A hook that leads elsewhere, listens to other events, or sleeps."""
    hook, wanted = hook_of_path(call), await call.wanted(**HOOK)
    events = wanted.get("events") or hook.events
    events = [*events, *(one for one in wanted.get("add_events") or [] if one not in events)]
    events = events_of([one for one in events if one not in (wanted.get("remove_events") or [])])
    if wanted.get("config"):
        config = config_of(wanted)
        configure(hook, {"url": url_of(config), **config}, anew=True)
    hook.events, hook.active = events, bool(wanted.get("active", hook.active))
    hook.updated_at = call.world.clock.timestamp
    return Answer(present.hook(hook, call.urls))


@routes.on("DELETE", HOOKS + "/{hook_id}")
async def delete(call: Call) -> Answer:
    """A hook removed, with what is remembered of its deliveries."""
    del call.world.hooks[hook_of_path(call).id]
    return Answer(status=204)


@routes.on("GET", HOOKS + "/{hook_id}/config")
async def config(call: Call) -> Answer:
    """Where a hook leads."""
    return Answer(present.config(hook_of_path(call)))


@routes.on("PATCH", HOOKS + "/{hook_id}/config")
async def update_config(call: Call) -> Answer:
    """A hook that leads elsewhere."""
    hook = hook_of_path(call)
    configure(hook, await call.wanted(**CONFIG))
    hook.updated_at = call.world.clock.timestamp
    return Answer(present.config(hook))


@routes.on("POST", HOOKS + "/{hook_id}/pings")
async def ping(call: Call) -> Answer:
    """A `ping` sent."""
    await call.engine.events.ping(hook_of_path(call), call.user)
    return Answer(status=204)


@routes.on("POST", HOOKS + "/{hook_id}/tests")
@routes.on("POST", HOOKS + "/{hook_id}/test")
async def test(call: Call) -> Answer:
    """The latest push to the default branch told once more, to all who listen to pushes."""
    hook_of_path(call)
    repository, ref = call.repository, f"refs/heads/{call.repository.default_branch}"
    head = await repository.git.branch_head(repository.default_branch)
    if head is not None:
        before = await repository.git.commit_named(f"{head}~1") or head
        change = RefChange(ref, before, head)
        await call.engine.events.announce("push", None, repository, call.user, change=change)
    return Answer(status=204)


def _require_new(call: Call, hook: Hook) -> None:
    """422 where such a hook is there already, or too many for one of its events."""
    others = _hooks(call)
    if any((one.url, one.events) == (hook.url, hook.events) for one in others):
        raise Refused(422, "Validation Failed", [_custom("Hook already exists on this repository")])
    for event in hook.events:
        if sum(event in one.events for one in others) >= MOST_HOOKS:
            message = f'The "{event}" event cannot have more than {MOST_HOOKS} hooks'
            raise Refused(422, "Validation Failed", [_custom(message)])


def _custom(message: str) -> JSON:
    return {"resource": "Hook", "code": "custom", "message": message}


def _hooks(call: Call) -> list[Hook]:
    return [one for one in call.world.hooks.values() if one.repository is call.repository]


def hook_of_path(call: Call) -> Hook:
    """The hook of the path, for who rules here."""
    call.require_admin()
    found = call.world.hooks.get(call.number("hook_id"))
    if found is None or found.repository is not call.repository:
        raise not_found()
    return found
