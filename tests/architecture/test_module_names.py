# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A module is found by its name: a command by what people type, the rest by one word each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import click
import pytest

from broker.cli.root import root
from registry_node.cli.main import main
from tests.architecture.sources import imports, module_of, modules, within

COMMANDS_OF = {
    "broker": tuple(root.commands.values()),
    "registry_node": tuple(main.commands.values()),
}

ONE_THING = {
    "accounts": "accounts, as every rulebook sees them, as Paris does, and whether they hold",
    "adjustments": "the adjustment ledger: as it is kept, asked for, reported and audited",
    "authorization": "an authorization: how it is stated, and what checks know of it",
    "case": "the case of a proposal: put together, general, of Paris",
    "directory": "who takes part: decided, asked for, reported",
    "log_notices": "notices of the log: how they are stated, and the report on them",
    "meta_registry": "the view over all registries: asked for, and made",
    "needs": "what a group may touch: of the messages, and of Paris",
    "notices": "notices: decided, kept, reported, and the units that wait for them",
    "operator": "the operator: what it states, and the call that reaches it",
    "parties": "Parties: what is known of them, and the report on it",
    "postings": "postings: their stored form, and what Paris posts",
    "reconciliation": "books compared with the record: decided, kept, reported",
    "regime": "the interface of a regime, and Paris, which offers it",
    "rulebook": "a rulebook: judged by, and asked for",
    "sharing": "what registries share: decided, kept, reported, and the rules on it",
    "statement": "statements: how a regime takes one, and Kyoto, which has one",
    "stated": "what was stated under a key: found, and read by a regime",
    "tallies": "named counts: as counted, as kept, and the names of Paris",
    "targets": "targets of Parties: what they are, how they are stated, and the report on them",
    "transactions": "transactions: asked for, reported and audited",
    "underlying": "underlying units: read, and audited",
    "units": "the unit ledger, and whether it holds",
}
"""One thing in several layers: whoever looks for it by its name finds a part of it in each file."""
ONE_THING_OF_THE_NODE = {"rules"}
"""What a rulebook tells a node of its units, and Paris, which does."""
ONE_THING_OF_STORIES = {
    "acting",
    "action_reading",
    "defaults",
    "expectation_reading",
    "judging",
    "model",
    "notice_reading",
    "proposal_reading",
    "stating",
    "world_reading",
}
"""What the runner does with every file, and with what is under one rulebook."""


def commands(
    group: tuple[click.Command, ...], above: str = ""
) -> Iterator[tuple[str, click.Command]]:
    for command in group:
        typed = f"{above} {command.name}".strip()
        yield typed, command
        if isinstance(command, click.Group):
            yield from commands(tuple(command.commands.values()), typed)


def home(command: click.Command) -> str:
    """The module of a command."""
    return command.callback.__module__ if command.callback else ""


def found_in(typed: str, module: str) -> bool:
    """True when a command is in a file of its name; the folder may stand for the group's name."""
    folder, _, file = module.rpartition(".")
    group, _, rest = typed.partition(" ")
    in_folder = rest and folder.endswith(f".{group}")
    return file in fitting(typed) or bool(in_folder and file in fitting(rest))


def fitting(typed: str) -> set[str]:
    """Names of files in which somebody would look who types a command.

    `key rotate` is in `key_rotate` or `key`; one thing stands beside the list of all of its kind.
    """
    words = typed.replace("-", "_").split()
    named = {"_".join(words[:count]) for count in range(1, len(words) + 1)}
    plural = {f"{each[:-1]}ies" if each.endswith("y") else f"{each}s" for each in named}
    return named | plural


@pytest.mark.parametrize("program", COMMANDS_OF)
def test_every_command_is_in_the_file_with_its_name(program: str) -> None:
    lost = {
        typed: home(command)
        for typed, command in commands(COMMANDS_OF[program])
        if home(command).startswith(program) and not found_in(typed, home(command))
    }
    assert lost == {}


@pytest.mark.parametrize("program", COMMANDS_OF)
def test_every_file_of_a_command_is_reached(program: str) -> None:
    """Commands are loaded by name: one that no program knows is found here, and by nothing else."""
    known = {home(command) for _, command in commands(COMMANDS_OF[program])}
    lost = [
        module_of(path)
        for path in modules(program)
        if module_of(path).startswith(f"{program}.cli.")
        and "@click.command(" in path.read_text(encoding="utf-8")
        and module_of(path) not in known
    ]
    assert lost == []


def test_a_command_in_another_file_is_found() -> None:
    assert "keeping" not in fitting("backup")
    assert {"key", "key_rotate"} <= fitting("key rotate")
    assert "rotate" not in fitting("key rotate")
    assert "activities" in fitting("activity")
    assert found_in("kyoto target", "broker.cli.kyoto.target")
    assert not found_in("kyoto target", "broker.cli.paris.target")
    assert not found_in("kyoto target", "broker.cli.kyoto.pledge")


@pytest.mark.parametrize("program", COMMANDS_OF)
def test_commands_of_a_regime_are_known_to_the_root_alone(program: str) -> None:
    paris = f"{program}.cli.paris"
    strays = sorted(
        f"{module_of(path)}: {each}"
        for path in modules(program)
        if not within(module_of(path), (paris, f"{program}.cli.root", f"{program}.cli.main"))
        for each in imports(path)
        if within(each, (paris,))
    )
    assert strays == []


RULEBOOKS = ("general", "paris", "kyoto")
"""Folders of rulebooks, of which each has the same things."""


def named_alike(program: str) -> dict[str, set[str]]:
    """Modules by their name, where several have it; a command is called what people type.

    Those that stand at the same place in the folders of two rulebooks are as one.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for path in modules(program):
        name = module_of(path)
        if path.stem.startswith("__") or ".versions." in name or within(name, (f"{program}.cli",)):
            continue
        parts = ("RULEBOOK" if part in RULEBOOKS else part for part in name.split("."))
        found[path.stem].add(".".join(parts))
    return {stem: names for stem, names in found.items() if len(names) > 1}


@pytest.mark.parametrize(
    "program", ["aef", "office", "registry_node", "scenarios", "sef", "workbooks"]
)
def test_no_two_modules_have_one_name(program: str) -> None:
    known = ONE_THING_OF_STORIES if program == "scenarios" else ONE_THING_OF_THE_NODE
    assert set(named_alike(program)) <= known


def test_modules_of_the_broker_that_have_one_name_are_of_one_thing() -> None:
    found = named_alike("broker")
    assert {stem: names for stem, names in found.items() if stem not in ONE_THING} == {}
    assert set(ONE_THING) - set(found) == set(), "these names are no longer shared: take them out"
