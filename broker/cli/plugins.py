# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Commands of others: every click command in the entry-point group `broker.commands`."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, NoReturn

import click

from broker.cli.commanding import BrokerGroup, global_options
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.contract import with_contract

GROUP: Final = "broker.commands"


class LoadedPlugins(BrokerGroup):
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

    def json_defaults(self) -> dict[str, Any]:
        """Plug-ins have a --json of their own; the global one switches it on."""
        return {name: _json_defaults(each) for name, each in self.plugins().items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        return [*super().list_commands(ctx), *self.plugins()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        own = super().get_command(ctx, cmd_name)
        return own if own is not None else self.plugins().get(cmd_name)


def _json_defaults(command: click.Command) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        parameter.name: True
        for parameter in command.params
        if "--json" in parameter.opts and parameter.name is not None
    }
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            defaults[name] = _json_defaults(each)
    return defaults


def _load(point: EntryPoint) -> click.Command:
    try:
        found = point.load()
    # A plug-in may fail in any way; the other commands must still work.
    except Exception as error:  # noqa: BLE001
        return _broken(point, f"{type(error).__name__}: {error}")
    if not isinstance(found, click.Command):
        return _broken(point, f"{point.value} is no click command")
    with_contract(found, lambda: global_options(top=False))
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
