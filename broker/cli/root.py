# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The command `broker`: its themes, and the one place where errors end."""

from __future__ import annotations

from typing import Final

from broker.cli.session import Session
from broker.settings_file import FILE
from itmo.runtime.cli.commands import Commands, places
from itmo.runtime.cli.program import PluggedProgram

COMMANDS: Final = places(
    "broker.cli",
    "init",
    "check_config",
    "serve",
    "status",
    "admit",
    "suspend",
    "resume",
    "paris.party",
    "paris.approach",
    "paris.activities:activity",
    "paris.activities",
    "kyoto.kyoto",
    "key",
    "tls",
    "registries",
    "accounts",
    "paris.holdings",
    "transactions",
    "transactions:transaction",
    "agree_to_reversal",
    "checks",
    "paris.actions",
    "paris.adjustments",
    "paris.balance",
    "paris.summary",
    "paris.aef",
    "kyoto.sef",
    "paris.authorizations",
    "paris.authorizations:authorization",
    "units",
    "sharing",
    "reconciliation",
    "mailboxes",
    "refusals",
    "notices",
    "maintenance",
    "clock",
    "verify",
    "timeline",
    "head",
    "migrate",
    "archive",
    "bench",
    "backup",
)
root: Final = PluggedProgram(
    FILE,
    "broker.commands",
    Commands(COMMANDS),
    Session(),
    help="The clearing-house: checks, decides and proves transfers of units between registries.",
)
