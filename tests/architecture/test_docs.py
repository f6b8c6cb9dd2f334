# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Pages of documentation: links lead somewhere, commands exist, executed blocks are executed."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta

import click
import pytest

from broker.clearing.path import waiting_room, watching
from broker.clearing.sharing import sharing
from broker.other_brokers import POLL_SECONDS
from broker.store import loading, sqlite_groups
from broker.use_elsewhere import FORGOTTEN_SECONDS
from broker.workers.hub import KNOWN_WITHIN
from broker.workers.spending import PAUSE_SECONDS, SHARE_AT_ONCE
from itmo import admission, limits
from itmo.core.v1 import statements_pb2
from itmo.runtime.cli.hints import of_one_run
from itmo.runtime.rpc import connections, limiting
from tests.architecture import documents
from tests.architecture.sources import PROTO, ROOT, files, name_of, pages

REQUIRED = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "proto/docs/decisions/index.md",
    "proto/docs/glossary.md",
    "proto/docs/protocol.md",
)
EXECUTORS = ("tests", "deploy")
HELP = {"--help", "--version", "-h"}
REDIRECTIONS = {">", ">>", "2>", "2>>", "<"}
COMMAND_LINES = {"broker": "broker.cli", "registry-node": "registry_node.cli"}


@pytest.mark.parametrize("name", REQUIRED)
def test_the_page_is_there(name: str) -> None:
    assert (ROOT / name).is_file()


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert "limitations under the License." in text


def test_the_picture_of_the_network_counts_the_checks() -> None:
    picture = (ROOT / "deploy/docs/network.svg").read_text(encoding="utf-8")
    checks = (ROOT / "broker/rulebook/paris/CHECKS.md").read_text(encoding="utf-8")
    assert re.findall(r"rulebook: ([0-9]+) checks", picture) == [str(checks.count("\n### "))]


# -- links ----------------------------------------------------------------------------------------


def _broken() -> list[str]:
    found = []
    for page in pages():
        for line, target in documents.links(page):
            where = f"{name_of(page)}:{line} {target}"
            if target.startswith(("https://", "mailto:")):
                continue
            if ":" in target.split("/")[0]:
                found.append(f"{where}: not a kind of link that is used here")
                continue
            path, _, anchor = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            if not file.exists() or not file.is_relative_to(ROOT):
                found.append(f"{where}: no such file")
            elif anchor and file.suffix == ".md" and anchor not in documents.anchors(file):
                found.append(f"{where}: no such heading")
    return found


def test_links_lead_somewhere() -> None:
    assert _broken() == []


def test_what_a_stranger_needs_has_a_place_and_is_no_code() -> None:
    """Sections that exist, as `test_links_lead_somewhere` finds; nobody has to read a program."""
    page = PROTO / "docs" / "protocol.md"
    text = page.read_text(encoding="utf-8")
    rows = text[text.index("<!-- checklist -->") :].splitlines()[3:]
    listed = [row for row in rows if row.startswith("| ")]
    assert len(listed) > 30
    for row in listed:
        question, places = row.strip("| ").split(" | ")
        assert question.endswith("?"), row
        targets = re.findall(r"\]\(([^)]+)\)", places)
        assert targets, row
        assert all(
            each.startswith("#") or each.partition("#")[0].endswith(".md") for each in targets
        )
    chapters = {anchor for anchor in documents.anchors(page) if anchor[0].isdigit()}
    named = {target for row in listed for target in re.findall(r"\(#([^)]+)\)", row)}
    assert chapters - named == set(), "chapters that no question leads to"


def test_the_page_names_what_is_in_the_files_of_joining() -> None:
    text = (PROTO / "docs" / "protocol.md").read_text(encoding="utf-8")
    section = text[text.index("### Joining") :].split("\n### ")[0]
    asked, answered = section.split("**The admission**")
    named = [
        {
            name
            for row in re.findall(r"^\| (`[^|]*) \|", part, re.MULTILINE)
            for name in row.split("`")[1::2]
        }
        for part in (asked, answered)
    ]
    assert named[0] == set(statements_pb2.JoinRequest.DESCRIPTOR.fields_by_name)
    assert named[1] == set(admission._MEMBERS)
    assert all(f"`{name}`" in answered for name in admission._KEY_MEMBERS)


def test_every_decision_record_is_listed_and_has_its_sections() -> None:
    folder = PROTO / "docs" / "decisions"
    index = (folder / "index.md").read_text(encoding="utf-8")
    sections = ("## Context", "## Decision", "## Consequences", "## Measured", "## Not done")
    records = sorted(folder.glob("[0-9]*.md"))
    # Numbers given out for work that goes on side by side leave gaps; none is given twice.
    assert len({path.name[:4] for path in records}) == len(records)
    for path in records:
        text = path.read_text(encoding="utf-8")
        assert f"# {path.name[:4]}: " in text, path.name
        assert all(f"\n{section}\n" in text for section in sections), path.name
        assert f"({path.name})" in index, path.name


# -- commands -------------------------------------------------------------------------------------


def test_every_fenced_block_is_closed_and_marks_stand_above_what_is_run() -> None:
    marked = documents.executed_blocks()
    assert documents.marks() == len(marked), "a mark stands directly above a fenced block"
    assert [
        block.where
        for block in marked.values()
        if block.language not in documents.EXECUTED_LANGUAGES or not block.text.strip()
    ] == []


def test_every_block_marked_as_executed_is_executed_somewhere() -> None:
    sources = [
        path.read_text(encoding="utf-8")
        for path in files(EXECUTORS, ".py", ".sh")
        if path.parent.name != "architecture"
    ]
    idle = [
        f"{block.where} {name}"
        for name, block in documents.executed_blocks().items()
        if not any(name in source for source in sources)
    ]
    assert idle == []


def missing_plugins(group: click.Group) -> set[str]:
    """Commands that other packages add by entry point; a checkout that is not installed lacks them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups: dict[str, dict[str, str]] = project.get("entry-points", {})
    names = {name for entries in groups.values() for name in entries}
    return {name for name in names if group.get_command(click.Context(group), name) is None}


def group_of(program: str) -> click.Group:
    """The commands of a program; skips where its command line is not written yet."""
    module = pytest.importorskip(COMMAND_LINES[program])
    for name in ("root", "main"):
        found = getattr(module, name, None)
        if isinstance(found, click.Group):
            return found
    pytest.skip(f"{module.__name__} has no group of commands")


def options_of(command: click.Command) -> dict[str, click.Option]:
    return {
        name: parameter
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in (*parameter.opts, *parameter.secondary_opts)
    }


def unknown_word(group: click.Group, words: list[str]) -> str:
    """The first word that names no command or option of ours; empty when all is well."""
    command: click.Command = group
    rest = list(words)
    while rest and isinstance(command, click.Group):
        word = rest.pop(0)
        if word.startswith("-"):
            option = options_of(command).get(word.split("=")[0])
            if option is None and word not in HELP:
                return word
            if option is not None and not option.is_flag and "=" not in word and rest:
                rest.pop(0)
            continue
        found = command.get_command(click.Context(command), word)
        if found is None:
            return "" if word in missing_plugins(group) else word
        command = found
    known = {*options_of(command), *options_of(group), *HELP}
    names = (word.split("=")[0] for word in rest)
    return next((name for name in names if name.startswith("--") and name not in known), "")


def typed(words: list[str]) -> list[str]:
    """What the program gets of a line: a shell keeps redirections and the sign of the background."""
    kept: list[str] = []
    for place, word in enumerate(words):
        redirected = place > 0 and words[place - 1] in REDIRECTIONS
        if not redirected and word not in REDIRECTIONS and word != "&" and word[:1] != ">":
            kept.append(word)
    return kept


@of_one_run()
def usage_fault(group: click.Group, words: list[str]) -> str:
    """Why the program would not understand a line; empty when it would. Files need not exist."""
    command: click.Command = group
    context: click.Context | None = None
    rest = typed(words)
    try:
        while isinstance(command, click.Group):
            context = command.make_context(command.name or "", rest, parent=context)
            name, found, rest = command.resolve_command(context, rest_of(context))
            if found is None:
                return f"no command {name}"
            command = found
        command.make_context(command.name or "", rest, parent=context)
    except click.MissingParameter as fault:
        return fault.format_message()
    except (click.exceptions.Exit, click.BadParameter):
        return ""
    except click.UsageError as fault:
        return fault.format_message()
    return ""


def rest_of(context: click.Context) -> list[str]:
    """The words behind a group's own options."""
    return [*getattr(context, "_protected_args", ()), *context.args]


@pytest.mark.parametrize("program", COMMAND_LINES)
def test_commands_in_pages_can_be_typed_as_they_stand(program: str) -> None:
    group = group_of(program)
    wrong = [
        f"{where}: {program} {' '.join(words)}: {fault}"
        for where, called, words in documents.invocations()
        if called == program
        and (fault := usage_fault(group, words))
        and not missing_plugins(group).intersection(words[:1])
    ]
    assert wrong == []


def test_lines_that_a_program_would_not_understand_are_found() -> None:
    broker = group_of("broker")
    assert usage_fault(broker, ["status", "--dir", "x", ">", "out"]) == ""
    assert "FILE" in usage_fault(broker, ["backup", "--dir", "x"])
    assert "REGISTRY" in usage_fault(broker, ["--dir", "x", "suspend"])
    assert "unexpected" in usage_fault(broker, ["status", "everything"])


@pytest.mark.parametrize("program", COMMAND_LINES)
def test_commands_in_pages_exist(program: str) -> None:
    group = group_of(program)
    wrong = [
        f"{where}: {program} {' '.join(words)}: {unknown}"
        for where, called, words in documents.invocations()
        if called == program and (unknown := unknown_word(group, words))
    ]
    assert wrong == []


def test_what_the_chapter_on_security_claims_is_shown_by_tests_that_exist() -> None:
    chapter = (ROOT / "proto" / "docs" / "protocol.md").read_text(encoding="utf-8")
    chapter = chapter[chapter.index("## 20. Security") : chapter.index("## 21. ")]
    rows = [row.split(" | ")[2] for row in chapter.splitlines() if row.startswith("| ")][1:]
    known = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    for path in (ROOT / "tests").rglob("test_*.py"):
        known |= set(re.findall(r"def (test_\w+)\(", path.read_text(encoding="utf-8")))
    assert len(rows) > 30
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row)
        assert named, row
        assert set(named) <= known, row


def test_how_soon_all_processes_know_is_told_as_the_program_has_it() -> None:
    has = {
        "KNOWN_WITHIN": KNOWN_WITHIN.total_seconds(),
        "POLL_SECONDS": POLL_SECONDS,
        "PAUSE_SECONDS": PAUSE_SECONDS,
        "SHARE_AT_ONCE": SHARE_AT_ONCE,
        "FORGOTTEN_SECONDS": FORGOTTEN_SECONDS,
    }
    told = documents.figures_told("how soon")
    assert {name for _, name in told} == set(has)
    assert told == [(has[name], name) for _, name in told]


def test_what_one_node_can_hold_is_told_as_the_program_has_it() -> None:
    has = {
        "MAX_CALLS_PER_NODE": limiting.MAX_CALLS_PER_NODE,
        "MAX_STREAMS_PER_NODE": limiting.MAX_STREAMS_PER_NODE,
        "CONNECTIONS_PER_NODE": connections.CONNECTIONS_PER_NODE,
        "MAX_STREAMED": limits.MAX_STREAMED,
        "MAX_EARLY_MESSAGES": limits.MAX_EARLY_MESSAGES,
        "EARLY_WAIT": waiting_room.EARLY_WAIT.total_seconds(),
        "MAX_UNSENT_BYTES": limiting.MAX_UNSENT_BYTES / 2**20,
        "MAX_CREDIT": limits.MAX_CREDIT,
        "_MAX_UNREAD": watching._MAX_UNREAD,
        "MAX_KEYS_PER_NODE": limits.MAX_KEYS_PER_NODE,
        "MAX_CONFLICTS_KEPT": limits.MAX_CONFLICTS_KEPT,
        "MAX_EVENTS_KEPT_OF_NODE": sqlite_groups.MAX_EVENTS_KEPT_OF_NODE,
        "MAX_QUARANTINED": limits.MAX_QUARANTINED,
        "_MAX_OPEN": sharing._MAX_OPEN,
        "MAX_TRANSACTION_LIFETIME": limits.MAX_TRANSACTION_LIFETIME / timedelta(hours=1),
        "MAX_DUE": loading.MAX_DUE,
    }
    told = documents.figures_told("one node")
    assert {name for _, name in told} == set(has)
    assert told == [(has[name], name) for _, name in told]
