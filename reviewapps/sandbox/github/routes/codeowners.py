"""What is wrong with the CODEOWNERS file."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.refusals import not_found
from reviewapps.sandbox.github.routing import Routes

routes = Routes()


@routes.on("GET", "/repos/{owner}/{repo}/codeowners/errors")
async def errors(call: Call) -> Answer:
    """The mistakes in the file at `?ref=` (the default branch); 404 where there is no such file."""
    repository = call.repository
    commit = await repository.git.commit_named(call.query("ref", repository.default_branch))
    found = await call.engine.ownership.mistakes(repository, commit) if commit else None
    if found is None:
        raise not_found()
    path, mistakes = found
    told = [
        {
            "line": one.line,
            "column": one.column,
            "source": one.source,
            "kind": one.kind,
            "suggestion": one.suggestion,
            "message": one.message,
            "path": path,
        }
        for one in mistakes
    ]
    return Answer({"errors": told})
