# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Commands of others: every click command in the entry-point group `registry_node.commands`."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Final, NoReturn

import click

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.contract import with_contract
from registry_node.cli.session import Session, command, global_options

GROUP: Final = "registry_node.commands"


class PluggedGroup(click.Group):
    """A group that also has the commands of plug-ins; its own come first."""

    _plugins: dict[str, click.Command] | None = None

    def plugins(self) -> dict[str, click.Command]:
        """The commands of plug-ins; one that is broken says so when it is called."""
        if self._plugins is None:
            self._plugins = {
                each.name: _load(each)
                for each in sorted(entry_points(group=GROUP), key=lambda point: point.name)
                if each.name not in self.commands
            }
        return self._plugins

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        return sorted({*super().list_commands(ctx), *self.plugins()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        own = super().get_command(ctx, cmd_name)
        return own if own is not None else self.plugins().get(cmd_name)


def _load(point: EntryPoint) -> click.Command:
    try:
        found = point.load()
    # A plug-in may fail in any way; the other commands must still work.
    except Exception as error:  # noqa: BLE001
        return _broken(point, f"{type(error).__name__}: {error}")
    if not isinstance(found, click.Command):
        return _broken(point, f"{point.value} is no click command")
    with_contract(found, global_options)
    return found


def _broken(point: EntryPoint, fault: str) -> click.Command:
    @command
    def say(_: Session) -> NoReturn:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"The plug-in {point.name} ({point.value}) cannot be loaded: {fault}.",
            setting=f"plug-in {point.name}",
            found=point.value,
        )

    return click.command(point.name, help="A plug-in that cannot be loaded.")(say)
