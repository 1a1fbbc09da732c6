"""The tables in docs/sandbox.md: what the sandbox answers, and which tests ask for it.

python -m tests.contract.coverage      run the tests of the sandbox, and write the tables anew

The operations are those that the servers mount. Who tests them is heard while the tests run. What is not the
whole of it says supported.yml, by hand.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from reviewapps.sandbox.cloudfoundry import CloudFoundry
from reviewapps.sandbox.github import GitHub
from reviewapps.sandbox.github.routing import BY_ID

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "sandbox.md"
SUPPORTED: dict[str, dict[str, str]] = yaml.safe_load((Path(__file__).parent / "supported.yml").read_text())
TESTS = ("tests/sandbox", "tests/contract")
SHOWN = 3
"""So many files are named for each operation: those of the sandbox first, and of which most tests ask for it."""

Operation = tuple[str, str]
Asked = Mapping[str, Mapping[str, int]]
"""By server, method and template: how many tests of which file ask for it."""


def mounted() -> dict[str, list[Operation]]:
    """Method and template of all that each server answers, less what is the sandbox's own."""
    with tempfile.TemporaryDirectory() as folder:
        applications = {
            "cloudfoundry": CloudFoundry(Path(folder) / "cloudfoundry").application(),
            "github": GitHub(Path(folder) / "github").application(),
        }
    return {
        name: [
            (route.method, route.resource.canonical)
            for route in application.router.routes()
            if route.resource is not None and _is_told(route.method, route.resource.canonical)
        ]
        for name, application in applications.items()
    }


def _is_told(method: str, template: str) -> bool:
    own = template.startswith(("/_sandbox/", "/_pages/", "/_codeload/", "/{unknown}", *BY_ID.values()))
    return method != "HEAD" and not own


def table(server: str, operations: list[Operation], asked: Asked) -> str:
    """The rows, by path."""
    rows = ["| endpoint | supported | tested by |", "|---|---|---|"]
    for method, template in sorted(operations, key=lambda operation: (operation[1], operation[0])):
        supported = SUPPORTED[server].get(f"{method} {template}", "yes")
        files = ", ".join(_files(asked.get(f"{server} {method} {template}", {}))) or "–"
        rows.append(f"| `{method} {template}` | {supported} | {files} |")
    return "\n".join(rows)


def by_name(asked: Asked) -> Asked:
    """What was asked of repositories and teams by id counts as asked by name."""
    found: dict[str, Counter[str]] = {}
    for operation, files in asked.items():
        for named, by_id in BY_ID.items():
            operation = operation.replace(by_id, named, 1)
        found.setdefault(operation, Counter()).update(files)
    return found


def _files(counts: Mapping[str, int]) -> Iterator[str]:
    ordered = sorted(counts, key=lambda file: (not file.startswith(TESTS[0]), -counts[file], file))
    for file in ordered[:SHOWN]:
        yield f"[{Path(file).stem}](../{file})"
    if len(ordered) > SHOWN:
        yield f"{len(ordered) - SHOWN} more"


def parts(server: str, text: str) -> tuple[str, str, str]:
    """The document before a server's table, the table, and what is after it: marks are between them."""
    before, mark, rest = text.partition(f"<!-- endpoints of {server} -->\n")
    rows, end, after = rest.partition("<!-- end -->")
    assert mark and end, f"the table of {server} has no place in {DOCUMENT.name}"
    return before + mark, rows, end + after


def write(asked: Asked) -> None:
    """Put the tables into the document."""
    text = DOCUMENT.read_text()
    for server, operations in mounted().items():
        before, _, after = parts(server, text)
        text = f"{before}{table(server, operations, asked)}\n{after}"
    DOCUMENT.write_text(text)


def main() -> int:
    """The exit code: that of the tests, whose failure leaves the document as it is."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tally.json"
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", f"--tally={file}", *TESTS]
        failed = subprocess.run(command, cwd=ROOT, check=False).returncode
        if failed:
            return failed
        write(by_name(json.loads(file.read_text())["asked"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
