# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One run of a command line: the options of every command, and how its answer is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from itmo.reasons import ProtocolError
from itmo.runtime.cli.contract import print_json, tell
from itmo.runtime.cli.hints import as_typed, was_typed
from itmo.runtime.cli.screen import Screen
from itmo.runtime.settings_file import SettingsFile


@dataclass(frozen=True, slots=True)
class Session:
    """What every command works with.

    Attributes:
        folder: Holds the settings.
        as_json: Whether a program reads the answer.
    """

    folder: Path = Path()
    as_json: bool = False

    def show(self, value: object, text: Callable[[Screen], None]) -> None:
        """Shows an answer: as JSON for a program, as text for people."""
        if self.as_json:
            print_json(_tree(value))
        else:
            text(Screen())

    def refuse(self, error: ProtocolError, first: bool) -> None:  # see `sef.cli.reading.Refuse`
        """Tells why something cannot be done that is one of several; of all, a program reads the first."""
        tell(error, as_json=self.as_json and first)

    def ask(self, question: str, *, yes: bool, before: str = "", needs: str = "say --yes") -> None:
        """Asks a person before something that cannot be undone.

        Args:
            question: Without its question mark where it is a request.
            yes: Whether the answer was given beforehand.
            before: What there is to know; told first.
            needs: What a program has to do, which is not asked.

        Raises:
            click.UsageError: A program reads the answer, and said nothing beforehand.
            click.Abort: Not confirmed.
        """
        if yes:
            return
        if self.as_json:
            raise click.UsageError(f"--json cannot ask; {needs}")
        if before:
            click.echo(as_typed(before), err=True)
        click.confirm(as_typed(question), abort=True, err=True)


S = TypeVar("S", bound=Session)


def session_of(kind: type[S]) -> S:
    """Returns the session of the command that runs now."""
    found = click.get_current_context().find_root().obj
    return found if isinstance(found, kind) else kind()


def as_tree(message: Any) -> dict[str, Any]:  # noqa: ANN401  # a message; its library loads late
    """Returns a message as JSON values: names as in the .proto files, 64-bit integers as text."""
    from google.protobuf.json_format import MessageToDict

    tree: dict[str, Any] = MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return tree


def global_options(file: SettingsFile, *, top: bool) -> list[click.Parameter]:
    """The options that stand before or after the name of every command.

    Args:
        file: Whose folder is meant.
        top: Whether it is the program itself: the variable counts there only; further down it would
            undo what was written out.
    """
    return [
        click.Option(
            ["--dir", "folder_of_all"],
            type=click.Path(path_type=Path, file_okay=False),
            envvar=file.folder_variable if top else None,
            show_envvar=top,
            expose_value=False,
            is_eager=True,
            callback=partial(_set_folder, program=file.program),
            help=f"Directory that holds {file.name}; the present one where not given.",
        ),
        click.Option(
            ["--json", "json_of_all"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_set_json,
            help="Print one JSON value instead of text.",
        ),
    ]


def _set_folder(
    context: click.Context, parameter: click.Parameter, value: Path | None, *, program: str
) -> None:
    root = context.find_root()
    if value is not None:
        root.obj = replace(root.obj, folder=value)
        if context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE:
            was_typed(program, value)


def _set_json(
    context: click.Context, parameter: click.Parameter, value: bool
) -> None:  # click's signature
    given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
    if given and value:
        root = context.find_root()
        root.obj = replace(root.obj, as_json=True)
        root.default_map = _JsonDefaults(root)


class _JsonDefaults(dict[str, Any]):
    """Defaults that switch on --json where a command of others has an option of its own for it."""

    def __init__(self, program: click.Context) -> None:
        super().__init__()
        self._program = program
        self._own = {each.name for each in program.command.params}

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401  # as of a dict
        """The defaults of a command; it is asked for options of the program itself, too."""
        program = self._program.command
        if name in self._own or not isinstance(program, click.Group):
            return default
        command = program.get_command(self._program, name)
        return default if command is None else _switched_on(command)


def _switched_on(command: click.Command) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        each.name: True
        for each in command.params
        if "--json" in each.opts and each.expose_value and each.name is not None
    }
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            defaults[name] = _switched_on(each)
    return defaults


def _tree(value: object) -> Mapping[str, Any]:
    """An answer as names and values; a list has a name, so that more can be said beside it."""
    from google.protobuf.message import Message

    from itmo.forms import as_json

    if isinstance(value, Message):
        return as_tree(value)
    if not isinstance(value, Mapping):
        names = [field.name for field in fields(value)]  # type: ignore[arg-type]  # a view
        value = {name: getattr(value, name) for name in names}
    return {key: as_json(each) for key, each in value.items()}
