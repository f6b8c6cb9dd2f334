# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A program as its command line: its own commands, those of plug-ins, and what all have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.commands import Commands
from itmo.runtime.cli.contract import EXIT_HELP, Program, with_contract
from itmo.runtime.cli.session import Session, global_options
from itmo.runtime.settings_file import SettingsFile

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_PACKAGE: Final = "itmo-clearing-house"
"""Whose version both programs have."""


class PluggedProgram(Program):
    """A program to which plug-ins add commands; its own come first where both have a name.

    Args:
        file: Its settings.
        plugins: The entry-point group of commands of others.
        commands: Its own.
        session: What every command works with.
        extra: As of a click group.
    """

    def __init__(
        self,
        file: SettingsFile,
        plugins: str,
        commands: Commands,
        session: Session,
        **extra: Any,  # noqa: ANN401  # click's signature
    ) -> None:
        super().__init__(
            file.program,
            commands,
            epilog=EXIT_HELP,
            context_settings={
                "help_option_names": ["-h", "--help"], "max_content_width": 100, "obj": session,
            },
            **extra,
        )  # fmt: skip
        self.params.extend(global_options(file, top=True))
        click.version_option(package_name=_PACKAGE, prog_name=file.program)(self)
        self._file = file
        self._group = plugins
        self._plugins: dict[str, click.Command] | None = None
        commands.completes = self._complete

    def plugins(self) -> dict[str, click.Command]:
        """The commands of plug-ins; one that is broken says so when it is called."""
        if self._plugins is None:
            from importlib.metadata import entry_points

            points = sorted(entry_points(group=self._group), key=lambda each: each.name)
            self._plugins = {
                each.name: _loaded(each) for each in points if each.name not in self.commands
            }
            for each in self._plugins.values():
                self._complete(each)
        return self._plugins

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        return sorted({*super().list_commands(ctx), *self.plugins()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        own = super().get_command(ctx, cmd_name)
        return own if own is not None else self.plugins().get(cmd_name)

    def _complete(self, command: click.Command) -> None:
        with_contract(command, lambda: global_options(self._file, top=False))


def _loaded(point: EntryPoint) -> click.Command:
    """The command of a plug-in; one that is broken says so when it is called."""
    try:
        found = point.load()
    # A plug-in may fail in any way; the other commands must still work.
    except Exception as error:  # noqa: BLE001
        return _broken(point, f"{type(error).__name__}: {error}")
    if not isinstance(found, click.Command):
        return _broken(point, f"{point.value} is no click command")
    return found


def _broken(point: EntryPoint, fault: str) -> click.Command:
    def say(**_: object) -> NoReturn:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"The plug-in {point.name} ({point.value}) cannot be loaded: {fault}.",
            setting=f"plug-in {point.name}",
            found=point.value,
        )

    return click.Command(
        point.name,
        callback=say,
        help="A plug-in that cannot be loaded.",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
