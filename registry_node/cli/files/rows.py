# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From a row of a file to a transaction, by the command that proposes one alone.

A column has the name of an argument or option of that command, and its cells are read by the same code,
so that a file can say whatever a command line can.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import click

from itmo.core.v1 import proposal_pb2
from registry_node.cli.files.cells import FileRow
from registry_node.cli.session import Session

TYPE: Final = "type"
"""The column that says which command a row stands for."""
UNITS: Final = "units"
_NEVER: Final = frozenset(
    {
        "wait",
        "unchecked",
        "file",
        "kind",
        "result",
        "until_ended",
        "json",
        "as_json",
        "dir",
        "folder",
        "help",
    }
)
"""What a command line says of the command and not of the transaction."""
_PROPOSED: Final[Mapping[str, str]] = {"propose": "transfer"}
"""Commands whose name says nothing of what they propose."""
_ALONE: Final = frozenset({"reverse"})
"""What is proposed one by one."""
_APART: Final = re.compile(r"[\s;,]+")
_YES: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("yes", "true", "1", "x"), True),
    **dict.fromkeys(("no", "false", "0"), False),
}


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with a cell, or with a row.

    Attributes:
        column: Its column; empty: the row as a whole.
        found: What was found, and what to do.
    """

    row: int
    column: str
    found: str


class _Bad(Exception):  # noqa: N818  # a cell that is
    """A cell that cannot be read."""


@cache
def commands(root: click.Group) -> Mapping[str, click.Command]:
    """Returns what a row may stand for, by the words that people type: every command that proposes."""
    found = {_PROPOSED.get(words, words): each for words, each in _below(root, "")}
    return {words: each for words, each in found.items() if words not in _ALONE}


def _below(group: click.Group, before: str) -> Iterator[tuple[str, click.Command]]:
    for name, each in group.commands.items():
        words = f"{before} {name}".strip()
        if isinstance(each, click.Group):
            yield from _below(each, words)
        elif any(parameter.name == "unchecked" for parameter in each.params):
            yield words, each


@cache
def _parameters(command: click.Command) -> Mapping[str, click.Parameter]:
    """The parameters of a command that a file may have, by the names of their columns."""
    found = {}
    for each in command.params:
        name = max(each.opts, key=len).lstrip("-").replace("-", "_")
        if name not in _NEVER and each.name not in _NEVER:
            found[UNITS if name == "blocks" else name] = each
    return found


def columns(root: click.Group, kind: str = "") -> frozenset[str]:
    """Returns the columns that rows may have: of a type, or of any."""
    known = commands(root)
    chosen = [known[kind]] if kind in known else known.values()
    return frozenset(name for each in chosen for name in _parameters(each)) | {TYPE}


def column_of(field: str) -> str:
    """Returns the column of a field of a transaction, as far as it has one."""
    return UNITS if field.partition(".")[0] == "blocks" else field


class RowReader:
    """Reads rows.

    Args:
        root: The program.
        kind: What rows stand for that do not say it.
    """

    def __init__(self, root: click.Group, kind: str) -> None:
        self._commands = commands(root)
        self._kind = kind
        self._defaults: dict[str, dict[str, Any]] = {}

    def read(self, row: FileRow) -> proposal_pb2.ProposedTransaction | list[CellFault]:
        """Returns the transaction of a row, or everything that is wrong with its cells."""
        faults = [
            CellFault(row.number, at, f"this is {said}; write a value as text")
            for at, said in row.odd.items()
        ]
        kind = " ".join(row.cells.get(TYPE, self._kind).lower().split())
        if kind not in self._commands:
            known = ", ".join(sorted(self._commands))
            return [*faults, CellFault(row.number, TYPE, f"{kind!a} is none of {known}")]
        command = self._commands[kind]
        parameters, values = _parameters(command), dict(self._filled(kind))
        for column, text in row.cells.items():
            if column == TYPE:
                continue
            parameter = parameters.get(column)
            if parameter is None or parameter.name is None:
                faults.append(
                    CellFault(row.number, column, f"a row of type {kind} has no such column")
                )
                continue
            try:
                values[parameter.name] = _value(parameter, text)
            except _Bad as error:
                faults.append(CellFault(row.number, column, str(error)))
        faults += [
            CellFault(row.number, column, "nothing stands here; it is needed")
            for column in _needed(parameters)
            if column not in row.cells and column not in row.odd
        ]
        return faults or _proposed(row.number, command, values)

    def _filled(self, kind: str) -> Mapping[str, Any]:
        """What parameters are where nobody says anything; waiting and checking are not a row's."""
        if kind not in self._defaults:
            command = self._commands[kind]
            context = click.Context(command)
            self._defaults[kind] = {
                each.name: _default(context, each) for each in command.params if each.name
            } | {"wait": 0.0, "unchecked": False}
        known = {each.name for each in _parameters(self._commands[kind]).values()} | {
            "wait",
            "unchecked",
        }
        return {name: said for name, said in self._defaults[kind].items() if name in known}


def _needed(parameters: Mapping[str, click.Parameter]) -> Iterator[str]:
    for column, each in parameters.items():
        # Arguments can be left out where a file is named; in a row they cannot.
        if each.required or isinstance(each, click.Argument):
            yield column


def _default(context: click.Context, parameter: click.Parameter) -> object:
    many = parameter.nargs == -1 or parameter.multiple
    if isinstance(parameter, click.Argument) or parameter.required:
        return () if many else None
    given = parameter.get_default(context)
    unset = given is None or type(given).__module__.startswith("click")
    if unset:
        return () if many else None
    return parameter.type_cast_value(context, given)


def _value(parameter: click.Parameter, text: str) -> object:
    """What a cell comes to for a parameter."""
    if isinstance(parameter, click.Option) and parameter.is_flag:
        said = _YES.get(text.strip().lower())
        if said is None:
            raise _Bad(f"{text[:40]!a} is neither yes nor no")
        return said
    convert: Callable[[str], object] = lambda part: parameter.type.convert(part, parameter, None)  # noqa: E731
    try:
        if parameter.nargs == -1 or parameter.multiple:
            return tuple(convert(part) for part in _APART.split(text.strip()) if part)
        return convert(text.strip())
    except click.BadParameter as error:
        raise _Bad(error.message) from None


def _proposed(
    number: int, command: click.Command, values: Mapping[str, Any]
) -> proposal_pb2.ProposedTransaction | list[CellFault]:
    made: list[proposal_pb2.ProposedTransaction] = []
    session = replace(Session(), collect=made.append)
    function: Callable[..., object] = command.callback.__wrapped__  # type: ignore[union-attr]  # see `session.command`
    try:
        function(session, **values)
    except click.ClickException as error:
        return [CellFault(number, "", error.format_message())]
    return made[0]
