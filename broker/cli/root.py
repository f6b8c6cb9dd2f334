# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The command `broker`: its themes, and the one place where errors end."""

from __future__ import annotations

from typing import Final

import click

from broker.cli.acting import actions
from broker.cli.activities import activities, activity
from broker.cli.adjusting import adjustments, balance
from broker.cli.admission import admit, resume, suspend
from broker.cli.aef import aef
from broker.cli.books import (
    accounts,
    authorization,
    authorizations,
    holdings,
    mailboxes,
    refusals,
    registries,
)
from broker.cli.certifying import tls
from broker.cli.checking import checks
from broker.cli.clocking import clock
from broker.cli.heading import head
from broker.cli.keeping import backup, bench, verify
from broker.cli.keying import key
from broker.cli.knowing import approach, party
from broker.cli.noticing import maintenance, notices
from broker.cli.plugins import LoadedPlugins
from broker.cli.reversing import agree_to_reversal
from broker.cli.rotating import rotate_key
from broker.cli.session import Session
from broker.cli.signed_with import signed_key
from broker.cli.starting import check_config, init, serve
from broker.cli.status import status
from broker.cli.summarizing import summary
from broker.cli.transacting import transaction, transactions
from broker.cli.unitary import sharing, units
from itmo.runtime.cli.contract import Program


class Root(LoadedPlugins, Program):
    """The command `broker`. However it is called, expected errors end in a sentence."""


for each in (rotate_key, signed_key):
    key.add_command(each)
COMMANDS: Final[tuple[click.Command, ...]] = (
    init,
    check_config,
    serve,
    status,
    admit,
    suspend,
    resume,
    party,
    approach,
    activity,
    activities,
    key,
    tls,
    registries,
    accounts,
    holdings,
    transactions,
    transaction,
    agree_to_reversal,
    checks,
    actions,
    adjustments,
    balance,
    summary,
    aef,
    authorizations,
    authorization,
    units,
    sharing,
    mailboxes,
    refusals,
    notices,
    maintenance,
    clock,
    verify,
    head,
    bench,
    backup,
)

_root = Root(
    "broker",
    {command.name: command for command in COMMANDS if command.name is not None},
    top=True,
    context_settings={"help_option_names": ["-h", "--help"], "obj": Session()},
    help="The clearing-house: checks, decides and proves transfers of units between registries.",
)
root: Final = click.version_option(package_name="itmo-clearing-house", prog_name="broker")(_root)
