# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The program `registry-node`: its commands, and what they have in common."""

from __future__ import annotations

from typing import Final

import click

from itmo.runtime.cli.program import PluggedProgram
from registry_node.cli.accept import accept
from registry_node.cli.accounts import accounts
from registry_node.cli.acknowledge import acknowledge
from registry_node.cli.acknowledge_alarms import acknowledge_alarms
from registry_node.cli.alarms import alarms
from registry_node.cli.backup import backup
from registry_node.cli.check_config import check_config
from registry_node.cli.checks import checks
from registry_node.cli.clock import clock
from registry_node.cli.complete import complete
from registry_node.cli.head import head
from registry_node.cli.holdings import holdings
from registry_node.cli.inbox import inbox
from registry_node.cli.init import init
from registry_node.cli.jobs import jobs
from registry_node.cli.join import join
from registry_node.cli.key import key
from registry_node.cli.kyoto.kyoto import kyoto
from registry_node.cli.kyoto.sef import sef
from registry_node.cli.message import message
from registry_node.cli.migrate import migrate
from registry_node.cli.notices import notices
from registry_node.cli.open_account import open_account
from registry_node.cli.paris.actions import actions
from registry_node.cli.paris.activity import activity
from registry_node.cli.paris.adjustments import adjustments
from registry_node.cli.paris.authorization import authorization
from registry_node.cli.paris.authorize import authorize
from registry_node.cli.paris.balance import balance
from registry_node.cli.paris.cancel import cancel
from registry_node.cli.paris.inventory import inventory
from registry_node.cli.paris.issue import issue
from registry_node.cli.paris.mirror import mirror
from registry_node.cli.paris.mirrored import mirrored
from registry_node.cli.paris.notify import notify
from registry_node.cli.paris.programme_event import programme_event
from registry_node.cli.paris.propose import propose
from registry_node.cli.paris.summary import summary
from registry_node.cli.paris.units import units
from registry_node.cli.paris.use import use
from registry_node.cli.reconcile import reconcile
from registry_node.cli.record import record
from registry_node.cli.reject import reject
from registry_node.cli.renew import renew
from registry_node.cli.report import report
from registry_node.cli.reverse import reverse
from registry_node.cli.serve import serve
from registry_node.cli.session import Session
from registry_node.cli.share import share
from registry_node.cli.status import status
from registry_node.cli.transaction import transaction
from registry_node.cli.transactions import transactions
from registry_node.cli.verify import verify
from registry_node.cli.withdraw import withdraw
from registry_node.settings_file import FILE

COMMANDS: Final[tuple[click.Command, ...]] = (
    accept, accounts, acknowledge, acknowledge_alarms, alarms, backup, check_config, checks, clock,
    complete, head, holdings, inbox, init, jobs, join, key, message, migrate, notices, open_account,
    reconcile,
    record, reject, renew, report, reverse, serve, share, status, transaction, transactions, verify,
    withdraw,
    actions, activity, adjustments, authorization, authorize, balance, cancel, inventory, issue,
    mirror, mirrored, notify, programme_event, propose, summary, units, use,
    kyoto, sef,
)  # fmt: skip
main: Final = PluggedProgram(
    FILE,
    "registry_node.commands",
    COMMANDS,
    Session(),
    help="""Run a registry node of the carbon-unit clearing-house, and work with it.

    A node is made with `init`, joins a network with `join` and runs with `serve`; every other
    command talks to the running node through its socket. Units are written as THA01:1-1916; the
    registry may be left out where it is the account's.
    """,
)
