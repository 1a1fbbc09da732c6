"""Every comment byte for byte (``UPDATE_GOLDEN=1`` writes them anew), and what hostile text may not do."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reviewapps.marker import marked
from reviewapps.model import Environment, Fault, Over, Refusal, Repository
from reviewapps.outcome import (
    Arrival,
    Building,
    Failed,
    Forbidden,
    Held,
    Live,
    Mark,
    Outcome,
    Removed,
    Serving,
    Shortage,
    Telling,
    Waiting,
)
from reviewapps.reconcile.deploying import NO_GATE
from reviewapps.report import Voice, somebody_is_needed, telling

GOLDEN = Path(__file__).parent.parent / "golden"
PUBLIC = Repository(123, "acme/shop", "main", private=False, head="0" * 40)
PRIVATE = replace(PUBLIC, private=True)
NEW, OLD = "9a8b7c6" + "0" * 33, "3f2c1ab" + "0" * 33
URL = "https://shop-pr-12.app.cloud.gov"
STILL = Serving(OLD, URL)
PREVIEW, DEV = Environment(123, "pr-12"), Environment(123, "dev")
AT = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
LOG = ("-----> Downloading requirements", "ERROR: No matching distribution found for djanog")
DECISION = "environments:\n  review:\n    services:\n      shop-db: none\n"


def refusal(fault: Fault, message: str, decision: str = "", log: tuple[str, ...] = LOG) -> Refusal:
    return Refusal(fault, message, AT, log, decision)


def failed(fault: Fault, message: str = "why", *, still: Serving | None = None, decision: str = "") -> Failed:
    return Failed(NEW, refusal(fault, message, decision), still)


LIVE = Live(
    OLD, URL, AT, took=timedelta(seconds=168), ends=datetime(2026, 12, 2, tzinfo=UTC), entrance="password"
)
STAGING = "python_buildpack stopped with exit status 14"
BINDS = "`manifest.yml` binds the service `shop-db`. Previews share nothing unless told to."
UNKNOWN = "line 7: `enviroments` is unknown; did you mean `environments`?"

OUTCOMES: dict[str, Outcome] = {
    "building-first": Building(NEW, AT),
    "building-again": Building(NEW, AT, STILL),
    "live-first": LIVE,
    "live-until-closed": replace(LIVE, took=None, ends=None),
    "live-with-all-to-say": replace(
        LIVE,
        entrance="unlisted",
        same_build_as="pr-9",
        stop_start=True,
        not_taken=("routes", "variable PORT"),
    ),
    "failed-build": failed("build", STAGING),
    "failed-build-still-live": failed("build", STAGING, still=STILL),
    "failed-crash": failed("crash", "web ended with exit status 1, 3 times in 58 s"),
    "failed-crash-still-live": failed("crash", "web ended with exit status 1, 3 times in 58 s", still=STILL),
    "failed-decision": failed("manifest", BINDS, decision=DECISION),
    "failed-manifest": failed("manifest", "`manifest.yml`, line 3: found character '\\t'"),
    "failed-source": failed("source", "the file name `caf\\xe9.txt` is not UTF-8"),
    "failed-rules": failed("rules", UNKNOWN),
    "failed-platform": failed("platform", "it was not up after 15 min", still=STILL),
    "failed-name": failed("name", "`shop-pr-12` belongs to somebody else"),
    "failed-gate": failed("gate", NO_GATE),
    "waiting-first-of-one": Waiting(NEW, 1, 1, 1, (7,)),
    "waiting-second-of-three": Waiting(NEW, 2, 3, 5, (7, 9, 11)),
    "waiting-for-memory-first": Waiting(NEW, 1, 2, 5, (7, 9, 11), Shortage(512, 2048, (7, 9, 11), free=256)),
    "waiting-for-memory-second": Waiting(NEW, 2, 2, 5, (7, 9, 11), Shortage(256, 2048, free=256)),
    "waiting-for-memory-of-several": Waiting(NEW, 1, 1, 5, (7, 9), Shortage(1024, 2048, free=0)),
    "waiting-for-memory-of-others": Waiting(NEW, 1, 1, 5, (), Shortage(512, 2048, free=256)),
    "waiting-for-another-repository": Waiting(
        NEW, 1, 1, 5, (7,), Shortage(512, 2048, others_first=True, free=600)
    ),
    "waiting-behind-others": Waiting(NEW, 3, 3, 2, (7, 9), Shortage(None, 2048)),
    "waiting-for-more-than-there-is": Waiting(NEW, 1, 1, 5, (7,), Shortage(4096, 2048, never=True)),
    "waiting-to-grow": Waiting(NEW, 1, 1, 5, (7,), Shortage(512, 2048, (7,), free=256), STILL),
    "forbidden-fork": Forbidden(NEW),
    "removed-merged": Removed("merged", AT, 2),
    "removed-closed": Removed("closed", AT),
    "removed-expired": Removed("expired", AT, 10),
    "removed-unlabelled": Removed("unlabelled", AT),
    "removed-destroyed": Removed("destroyed", AT),
}


def told(
    outcome: Outcome,
    *,
    repository: Repository = PUBLIC,
    environment: Environment = PREVIEW,
    secrets: tuple[str, ...] = (),
) -> Telling:
    voice = Voice("acme-review", repository, "https://github.com")
    return telling(voice, environment, outcome, secrets=secrets)


def comment(outcome: Outcome, *, repository: Repository = PUBLIC, secrets: tuple[str, ...] = ()) -> str:
    text = told(outcome, repository=repository, secrets=secrets).comment
    assert text is not None
    return text


def slack(outcome: Outcome, *, environment: Environment = PREVIEW) -> str:
    news = told(outcome, environment=environment).slack
    assert news is not None
    return news.text


def is_as_golden(name: str, text: str) -> bool:
    path = GOLDEN / f"{name}.md"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    return path.read_bytes() == text.encode()


# --- the comment ---


@pytest.mark.parametrize("name", OUTCOMES)
def test_each_comment_reads_as_its_golden_file(name: str) -> None:
    assert is_as_golden(name, comment(OUTCOMES[name]))


def test_a_private_repository_sees_the_end_of_the_build() -> None:
    text = comment(OUTCOMES["failed-build"], repository=PRIVATE)
    assert is_as_golden("failed-build-private", text)
    assert LOG[1] in text


def test_every_golden_file_is_of_a_comment_that_we_write() -> None:
    written = {*OUTCOMES, "failed-build-private", "failed-build-hostile"}
    assert {path.stem for path in GOLDEN.glob("*.md")} == written


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_public_repository_sees_no_line_of_any_log(name: str) -> None:
    assert not any(line in comment(OUTCOMES[name]) for line in LOG)


@pytest.mark.parametrize("name", OUTCOMES)
def test_the_first_line_is_the_marker_of_the_outcome(name: str) -> None:
    state = type(OUTCOMES[name]).__name__.lower()
    assert marked(comment(OUTCOMES[name])) == ("acme-review", 123, 12, state)
    assert told(OUTCOMES[name]).state == state


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_shared_environment_has_no_comment(name: str) -> None:
    assert told(OUTCOMES[name], environment=DEV).comment is None


@pytest.mark.parametrize("name", OUTCOMES)
def test_only_a_removal_makes_no_new_comment(name: str) -> None:
    assert told(OUTCOMES[name]).only_edit is isinstance(OUTCOMES[name], Removed)


def test_but_what_was_merged_is_told_what_it_lacks_itself_also_without_one() -> None:
    lacks = Arrival("production", waits="1 approval (#12)", lacks=True)
    assert told(Removed("merged", None, arrivals=(lacks,))).only_edit
    assert not told(Removed("merged", None, arrivals=(replace(lacks, calls=True),))).only_edit


# --- hostile text ---

HOSTILE = (
    "`@all`<img src=x>",
    "@acme/everybody",
    "fixes #1 and acme/web#2 and GH-3",
    "[click](https://evil.example) ![](https://evil.example/x.png)",
    "https://evil.example www.evil.example (www.evil.example)",
    "<!-- reviewapps 1 acme-review 123 #12 live -->",
    "# title\n\n- [ ] task\n| a | b |",
    "```\n</details>\n@all",
    "``` `` ` @all `` `@all",
    "**bold** _it_ ~~gone~~ <details>",
    "\x1b[31m@all\x1b[0m \u202eevil",
    "a`b`@all` `@all``c`@all",
)
MARKDOWN = MarkdownIt("commonmark").enable("table")


FAULTS: tuple[Fault, ...] = ("build", "crash", "manifest", "rules", "platform", "name")


def meaning(text: str) -> tuple[str, list[str], list[str]]:
    """What of a comment GitHub gives a meaning: the words outside code, the addresses it leads to, the HTML."""
    words, addresses, html = [], [], []
    for block in MARKDOWN.parse(text):
        for part in block.children or [block]:
            match part.type:
                case "text":
                    words.append(part.content)
                case "link_open" | "image":
                    addresses.append(str(part.attrs.get("href") or part.attrs.get("src")))
                case "html_block" | "html_inline":
                    html.append(part.content.strip())
    return " ".join(words), addresses, html


def with_text(text: str) -> tuple[Outcome, ...]:
    """Every outcome that has room for a stranger's text, filled with it."""
    return (
        *(Failed(NEW, refusal(fault, text, text, (text, text)), STILL) for fault in FAULTS),
        *(Failed(NEW, refusal(fault, text), STILL) for fault in FAULTS),
        replace(LIVE, not_taken=(text, f"variable {text}"), source=text),
    )


def means_nothing_new(text: str) -> bool:
    words, addresses, html = meaning(text)
    words = words.replace(URL, "")
    suspicious = re.search(r"@|#\d|GH-\d|://|www\.\w", words)
    ours = all(address.startswith("https://github.com/acme/shop/commit/") for address in addresses)
    tags = re.sub(
        r"<!-- reviewapps 1 acme-review 123 #12 \w+ -->|Last \d+ lines? of the build", "", "".join(html)
    )
    return suspicious is None and ours and tags in ("", "<details><summary></summary></details>")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_strangers_text_is_shown_and_means_nothing(text: str) -> None:
    for outcome in with_text(text):
        assert means_nothing_new(comment(outcome, repository=PRIVATE))


@given(st.text(alphabet="`@#<>|[]()!*_~\\\n ab1.:/w&-=", max_size=40))
def test_no_text_at_all_gains_a_meaning(text: str) -> None:
    for outcome in with_text(text):
        assert means_nothing_new(comment(outcome, repository=PRIVATE))


def test_the_measure_of_meaning_sees_a_mention_a_link_and_html() -> None:
    assert not means_nothing_new("hello @all")
    assert not means_nothing_new("[click](https://evil.example)")
    assert not means_nothing_new("see #12")
    assert not means_nothing_new("see www.evil.example")
    assert means_nothing_new("it begins with www. And ends")
    assert not means_nothing_new("<img src=x>")


def test_pull_requests_that_something_waits_for_are_links_and_nothing_else_is() -> None:
    waits = "2 approvals of acme/release (#12, #14) · #9 @all"
    arrivals = (Arrival("production", waits=waits, lacks=True), Arrival("staging", waits="locked by grace"))
    said = comment(Removed("merged", AT, arrivals=arrivals))
    pulls = ", ".join(f"[#{n}](https://github.com/acme/shop/pull/{n})" for n in (12, 14))
    assert f"**production** waits for: 2 approvals of acme/release ({pulls}) · `#9` `@all`." in said
    assert "**staging** waits: locked by grace." in said


def test_what_is_wrong_with_proposed_rules_is_shown_and_means_nothing() -> None:
    said = telling(Voice("acme", PUBLIC, "https://github.com"), PREVIEW, LIVE, proposed=("line 3: <b> @all",))
    assert (said.comment or "").endswith(
        "**`.reviewapps.yml`, as this changes it, would not work once it is merged:**\n- line 3: `<b>` `@all`\n"
    )


def test_a_hostile_build_log_stays_inside_its_fence() -> None:
    log = ("```", "</details> @all #1", "\x1b[31mred\x1b[0m", "the token is s3cr3t-t0ken", "````")
    outcome = Failed(NEW, refusal("build", "stopped near `@all`<img> with s3cr3t-t0ken", log=log))
    text = comment(outcome, repository=PRIVATE, secrets=("s3cr3t-t0ken",))
    assert is_as_golden("failed-build-hostile", text)
    assert "s3cr3t" not in text
    assert "\x1b" not in text


def test_slack_gets_no_tags_of_a_strangers_making() -> None:
    line = slack(failed("build", "<!channel> & <https://evil.example|click>"))
    assert "&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt;" in line


# --- properties ---

TEXT = st.text(max_size=3000)
WORD = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(TEXT, st.lists(TEXT, max_size=60))
def test_no_telling_is_longer_than_github_takes(text: str, many: list[str]) -> None:
    huge = text * 40
    long = tuple(line * 20 for line in many)
    outcomes: list[Outcome] = [Failed(NEW, refusal(fault, huge, huge, long), STILL) for fault in FAULTS]
    outcomes += [replace(LIVE, not_taken=long, source=huge), Waiting(NEW, 1, 1, 5, tuple(range(5000)))]
    for outcome in outcomes:
        words = told(outcome, repository=PRIVATE)
        assert len(words.comment or "") <= 65_536
        assert len(words.description) <= 140
        assert "\n" not in (words.slack.text if words.slack else "")


@given(WORD, TEXT, st.sampled_from(("", " ", "\x1b[1m", "\u200b", "\n", "`", "<", "@", "  ")))
def test_a_secret_is_never_told(word: str, text: str, around: str) -> None:
    secret = f"s3cr3t-{word}-t0ken"
    inside = f"{text}{around}{secret}{around}"
    # the ways in which a secret hides: colours within it, or a line break
    hidden = inside.replace("s3cr3t", "s3c\x1b[0mr3t") + inside.replace("s3cr3t", "s3\u200bcr3t")
    for outcome in with_text(f"{inside} {hidden}"):
        words = told(outcome, repository=PRIVATE, secrets=(secret,))
        for said in (words.comment, words.description, words.slack.text if words.slack else ""):
            assert "s3cr3t-" not in (said or "")


def test_a_secret_of_several_lines_is_not_told_line_by_line_either() -> None:
    key = "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\n-----END KEY-----\n"
    outcome = Failed(NEW, refusal("build", "exit 1", log=("key:", "  MIIEowIBAAKCAQEA", "end")))
    text = comment(outcome, repository=PRIVATE, secrets=(key,))
    assert "MIIE" not in text
    assert "•••" in text


# --- the deployment and Slack ---


@pytest.mark.parametrize(
    ("outcome", "state", "description"),
    [
        (OUTCOMES["building-first"], "in_progress", "Building 9a8b7c6"),
        (LIVE, "success", "Live: 3f2c1ab in 2 min 48 s"),
        (replace(LIVE, source="dev-map"), "success", "Live: 3f2c1ab, dev-map in 2 min 48 s"),
        (
            replace(LIVE, source="dev-login", over=(Over("dev-map", NEW, 4.2),)),
            "success",
            "Live: 3f2c1ab, dev-login over dev-map, 4 s earlier in 2 min 48 s",
        ),
        (failed("build", STAGING), "failure", f"Build failed: {STAGING}"),
        (failed("crash", "exit 1"), "failure", "Crashed at start: exit 1"),
        (failed("platform", "no cell"), "error", "The platform failed three times: no cell"),
        (failed("name", "taken"), "error", "Its name is taken: taken"),
        (Waiting(NEW, 1, 1, 5), None, "Waits for room, 1st of 1"),
        (Forbidden(NEW), None, ""),
        (Removed("merged", AT), "inactive", "Removed: merged"),
    ],
)
def test_the_deployment_says_what_the_outcome_is(
    outcome: Outcome, state: str | None, description: str
) -> None:
    words = told(outcome)
    assert (words.deployment, words.description) == (state, description)


def test_only_what_is_live_has_an_address() -> None:
    assert told(LIVE).url == URL
    assert [name for name, outcome in OUTCOMES.items() if told(outcome).url and outcome is not LIVE] == [
        "live-until-closed",
        "live-with-all-to-say",
    ]


COMMIT_LINK = f"<https://github.com/acme/shop/commit/{OLD}|3f2c1ab>"
FAILED_LINK = f"<https://github.com/acme/shop/commit/{NEW}|9a8b7c6>"
PULL_LINK = "<https://github.com/acme/shop/pull/12|acme/shop#12>"


CRASHED = failed("crash", "exit 1", still=STILL)


@pytest.mark.parametrize(
    ("outcome", "event", "line"),
    [
        (LIVE, "live", f"live at <{URL}|{URL}>, {COMMIT_LINK}, in 2 min 48 s"),
        (
            replace(LIVE, approved=("chosen by <hubot>",)),
            "live",
            f"live at <{URL}|{URL}>, {COMMIT_LINK}, in 2 min 48 s; chosen by &lt;hubot&gt;",
        ),
        (Building(NEW, AT), "started", f"started, {FAILED_LINK}"),
        (failed("build", "exit 14"), "failed", f"build failed at {FAILED_LINK}: exit 14"),
        (
            failed("build", "exit 14", still=STILL),
            "failed",
            f"build failed at {FAILED_LINK}: exit 14. Still live: {COMMIT_LINK}",
        ),
        (
            CRASHED,
            "rolled_back",
            f"rolled back to {COMMIT_LINK}, crashed at start at {FAILED_LINK}: exit 1",
        ),
        (
            failed("platform", "no cell"),
            "failed",
            f"the platform failed three times at {FAILED_LINK} – needs somebody: no cell",
        ),
        (failed("name", "taken"), "failed", f"its name is taken at {FAILED_LINK} – needs somebody: taken"),
        (Removed("closed", AT), "removed", "removed (closed)"),
    ],
)
def test_slack_is_told_in_one_line_what_others_want_to_know(outcome: Outcome, event: str, line: str) -> None:
    news = told(outcome).slack
    assert news is not None
    assert (news.event, news.text) == (event, f"{PULL_LINK}: {line}")


@pytest.mark.parametrize("outcome", [Waiting(NEW, 1, 1, 1), Forbidden(NEW)])
def test_slack_is_not_told_what_only_the_pull_request_cares_about(outcome: Outcome) -> None:
    assert told(outcome).slack is None


def test_what_a_commit_waits_for_is_shown_without_what_is_hidden_in_it() -> None:
    held = Held("3f2c1ab" + "0" * 33, "approval", ("check \u202escan\x1b[31m is red, s3cr3t",))
    said = told(held, environment=DEV, secrets=("s3cr3t",))
    assert said.description == "Held: check scan is red, •••"
    assert said.slack is not None and "\u202e" not in said.slack.text and "\x1b" not in said.slack.text


def test_slack_names_the_tag_that_a_shared_environment_runs() -> None:
    text = slack(replace(LIVE, source="dev-<!here>"), environment=DEV)
    assert text.startswith(f"acme/shop:dev: live at <{URL}|{URL}>, {COMMIT_LINK}, dev-&lt;!here&gt;, in ")


def test_a_commit_whose_place_was_taken_hears_by_whom_and_when() -> None:
    over = (Over("dev-cart", "c" * 40), Over("dev-map", NEW, 4.2, live=True))
    begun = told(Building(OLD, AT, source="dev-login", over=over), environment=DEV)
    at_once = Mark(
        "c" * 40, "dev", "failure", "dev-cart: not on dev, dev-login (3f2c1ab) seen at once came over it"
    )
    assert begun.marks == (at_once,)  # what is live serves until the new one does
    live = told(replace(LIVE, source="dev-login", over=over), environment=DEV)
    after = Mark(
        NEW, "dev", "success", "dev-map: replaced on dev, dev-login (3f2c1ab) came over it, 4 s later"
    )
    assert live.marks == (at_once, after)
    assert live.slack is not None
    assert "dev-login over dev-cart, seen at once, and dev-map, 4 s earlier, in 2 min 48 s" in live.slack.text


def test_what_needs_somebody_is_one_line_without_secrets_or_calls() -> None:
    text = somebody_is_needed("<!channel> said\ns3cr3t & left", ("s3cr3t",))
    assert text == "reviewapps needs somebody: &lt;!channel&gt; said ••• &amp; left"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("waiting-second-of-three", ("pending", "Waits for room, 2nd of 3")),
        ("failed-build", ("failure", None)),
        ("failed-platform", ("error", None)),
        ("forbidden-fork", (None, "")),
        ("removed-merged", (None, None)),
    ],
)
def test_a_commit_has_the_status_of_what_came_of_it(name: str, status: tuple[str | None, str | None]) -> None:
    said = told(OUTCOMES[name])
    assert said.status == status[0]
    assert status[1] in (None, said.description)


def test_what_was_built_again_says_why_and_what_waits_for_a_build_says_for_what() -> None:
    why = "there was no signed build in acme/review (pr-1: unsigned; s3cr3t)"
    said = told(replace(LIVE, built_because=why), environment=DEV, secrets=("s3cr3t",))
    assert said.description.endswith(f"built, because {why.replace('s3cr3t', '•••')}")
    assert "same build" not in said.description

    lacking = "nothing is built here, and there is no build of it in acme/staging"
    waits = told(Held(NEW, "build", (lacking,), STILL), environment=DEV)
    assert (waits.deployment, waits.status, waits.description) == ("queued", "pending", f"Held: {lacking}")
    assert f"is held: {lacking}" in slack(Held(NEW, "build", (lacking,), STILL), environment=DEV)
