# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The program `registry-node`: its commands, and what they have in common."""

from __future__ import annotations

from typing import Final

from itmo.runtime.cli.commands import Commands, places
from itmo.runtime.cli.program import PluggedProgram
from registry_node.cli.session import Session
from registry_node.settings_file import FILE

COMMANDS: Final = places(
    "registry_node.cli",
    "accept",
    "accounts",
    "acknowledge",
    "acknowledge_alarms",
    "alarms",
    "backup",
    "check_config",
    "checks",
    "clock",
    "complete",
    "head",
    "holdings",
    "inbox",
    "init",
    "jobs",
    "join",
    "key",
    "kyoto.kyoto",
    "kyoto.sef",
    "message",
    "migrate",
    "notices",
    "open_account",
    "paris.actions",
    "paris.activity",
    "paris.adjustments",
    "paris.authorization",
    "paris.authorize",
    "paris.balance",
    "paris.cancel",
    "paris.inventory",
    "paris.issue",
    "paris.mirror",
    "paris.mirrored",
    "paris.notify",
    "paris.programme_event",
    "paris.propose",
    "paris.summary",
    "paris.units",
    "paris.use",
    "reconcile",
    "record",
    "reject",
    "renew",
    "report",
    "reverse",
    "serve",
    "share",
    "status",
    "transaction",
    "transactions",
    "verify",
    "withdraw",
)
main: Final = PluggedProgram(
    FILE,
    "registry_node.commands",
    Commands(COMMANDS),
    Session(),
    help="""Run a registry node of the carbon-unit clearing-house, and work with it.

    A node is made with `init`, joins a network with `join` and runs with `serve`; every other
    command talks to the running node through its socket. Units are written as THA01:1-1916; the
    registry may be left out where it is the account's.
    """,
)
