# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Commands that take the global options before or after their name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from broker.cli.session import Session
from itmo.runtime.cli.contract import EXIT_HELP

DIRECTORY: Final = "ITMO_BROKER_DIR"


def _set_directory(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    root = context.find_root()
    # The variable counts at the top only; further down it would undo what was written out.
    if value is not None:
        root.obj = replace(root.obj or Session(), directory=value)


def _set_json(
    context: click.Context, parameter: click.Parameter, value: bool
) -> None:  # click's signature
    given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
    if given and value:
        root = context.find_root()
        root.obj = replace(root.obj or Session(), as_json=True)
        if isinstance(root.command, BrokerGroup):
            root.default_map = root.command.json_defaults()


def global_options(*, top: bool) -> list[click.Parameter]:
    """The options that every command takes."""
    return [
        click.Option(
            ["--dir", "directory"],
            type=click.Path(path_type=Path, file_okay=False),
            envvar=DIRECTORY if top else None,
            show_envvar=top,
            expose_value=False,
            is_eager=True,
            callback=_set_directory,
            help="Directory that holds broker.toml; the present one where not given.",
        ),
        click.Option(
            ["--json", "as_json"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_set_json,
            help="Print one JSON value instead of text.",
        ),
    ]


class BrokerCommand(click.Command):
    """A command that takes the global options, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # click's signature
        kwargs.setdefault("epilog", EXIT_HELP)
        super().__init__(*args, **kwargs)
        self.params.extend(global_options(top=False))


class BrokerGroup(click.Group):
    """A group of such commands."""

    command_class = BrokerCommand
    group_class = type

    def __init__(
        self,
        name: str | None = None,
        commands: Mapping[str, click.Command] | None = None,
        **kwargs: Any,  # noqa: ANN401  # click's signature
    ) -> None:
        top = bool(kwargs.pop("top", False))
        kwargs.setdefault("epilog", EXIT_HELP)
        super().__init__(name, dict(commands or {}), **kwargs)
        self.params.extend(global_options(top=top))

    def json_defaults(self) -> dict[str, Any]:
        """Defaults that switch on --json where a command has an option of its own for it."""
        return {}
