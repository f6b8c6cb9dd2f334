# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The command `broker`: its themes, and the one place where errors end."""

from __future__ import annotations

from typing import Final

import click

from broker.cli.accounts import accounts
from broker.cli.admit import admit
from broker.cli.agree_to_reversal import agree_to_reversal
from broker.cli.archive import archive
from broker.cli.backup import backup
from broker.cli.bench import bench
from broker.cli.check_config import check_config
from broker.cli.checks import checks
from broker.cli.clock import clock
from broker.cli.head import head
from broker.cli.init import init
from broker.cli.key import key
from broker.cli.key_rotate import rotate_key
from broker.cli.key_signed import signed_key
from broker.cli.kyoto.kyoto import kyoto
from broker.cli.kyoto.sef import sef
from broker.cli.mailboxes import mailboxes
from broker.cli.maintenance import maintenance
from broker.cli.migrate import migrate
from broker.cli.notices import notices
from broker.cli.paris.actions import actions
from broker.cli.paris.activities import activities, activity
from broker.cli.paris.adjustments import adjustments
from broker.cli.paris.aef import aef
from broker.cli.paris.approach import approach
from broker.cli.paris.authorizations import authorization, authorizations
from broker.cli.paris.balance import balance
from broker.cli.paris.holdings import holdings
from broker.cli.paris.party import party
from broker.cli.paris.summary import summary
from broker.cli.reconciliation import reconciliation
from broker.cli.refusals import refusals
from broker.cli.registries import registries
from broker.cli.resume import resume
from broker.cli.serve import serve
from broker.cli.session import Session
from broker.cli.sharing import sharing
from broker.cli.status import status
from broker.cli.suspend import suspend
from broker.cli.tls import tls
from broker.cli.transactions import transaction, transactions
from broker.cli.units import units
from broker.cli.verify import verify
from broker.settings_file import FILE
from itmo.runtime.cli.program import PluggedProgram

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
    kyoto,
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
    sef,
    authorizations,
    authorization,
    units,
    sharing,
    reconciliation,
    mailboxes,
    refusals,
    notices,
    maintenance,
    clock,
    verify,
    head,
    migrate,
    bench,
    backup,
    archive,
)

root: Final = PluggedProgram(
    FILE,
    "broker.commands",
    COMMANDS,
    Session(),
    help="The clearing-house: checks, decides and proves transfers of units between registries.",
)
