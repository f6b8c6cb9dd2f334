# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Where the code of a command is: in the file with the name that people type."""

from __future__ import annotations

from collections.abc import Iterator

import click

from broker.cli.root import COMMANDS
from tests.architecture.sources import imports, module_of, modules, within

PARIS = "broker.cli.paris"


def commands(
    group: tuple[click.Command, ...], above: str = ""
) -> Iterator[tuple[str, click.Command]]:
    for command in group:
        typed = f"{above} {command.name}".strip()
        yield typed, command
        if isinstance(command, click.Group):
            yield from commands(tuple(command.commands.values()), typed)


def fitting(typed: str) -> set[str]:
    """Names of files in which somebody would look who types a command.

    `key rotate` is in `key_rotate` or `key`; one thing stands beside the list of all of its kind.
    """
    words = typed.replace("-", "_").split()
    named = {"_".join(words[:count]) for count in range(1, len(words) + 1)}
    plural = {f"{each[:-1]}ies" if each.endswith("y") else f"{each}s" for each in named}
    return named | plural


def test_every_command_is_in_the_file_with_its_name() -> None:
    lost = {
        typed: command.callback.__module__
        for typed, command in commands(COMMANDS)
        if command.callback is not None
        and command.callback.__module__.rpartition(".")[2] not in fitting(typed)
    }
    assert lost == {}


def test_a_command_in_another_file_is_found() -> None:
    assert "keeping" not in fitting("backup")
    assert {"key", "key_rotate"} <= fitting("key rotate")
    assert "rotate" not in fitting("key rotate")
    assert "activities" in fitting("activity")


def test_commands_of_a_regime_are_known_to_the_root_alone() -> None:
    strays = sorted(
        f"{module_of(path)}: {each}"
        for path in modules("broker")
        if not within(module_of(path), (PARIS, "broker.cli.root"))
        for each in imports(path)
        if within(each, (PARIS,))
    )
    assert strays == []
