# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto`: what the operator states under the rulebook of that name."""

from __future__ import annotations

from typing import Final

import click

from broker.cli.kyoto.account_number import account_number
from broker.cli.kyoto.activity_move import activity_move
from broker.cli.kyoto.allowance import allowance
from broker.cli.kyoto.assigned_amount import assigned_amount
from broker.cli.kyoto.certificate import certificate
from broker.cli.kyoto.close_registry import close_registry
from broker.cli.kyoto.compliance import compliance
from broker.cli.kyoto.eligible import eligible
from broker.cli.kyoto.fee_payment import fee_payment
from broker.cli.kyoto.forwarding_letter import forwarding_letter
from broker.cli.kyoto.import_archive import import_archive
from broker.cli.kyoto.inventory import inventory
from broker.cli.kyoto.issuance_request import issuance_request
from broker.cli.kyoto.notice import notice
from broker.cli.kyoto.notices import notices
from broker.cli.kyoto.period import period
from broker.cli.kyoto.project import project
from broker.cli.kyoto.registration_fee import registration_fee
from broker.cli.kyoto.replacements import replacements
from broker.cli.kyoto.target import target
from broker.cli.kyoto.targets import targets
from broker.cli.kyoto.totals import totals
from broker.cli.kyoto.trail import trail
from broker.cli.kyoto.units import units
from broker.cli.kyoto.verification import verification
from broker.cli.kyoto.verify_certificate import verify_certificate
from broker.cli.kyoto.verify_export import verify_export

COMMANDS: Final[tuple[click.Command, ...]] = (
    account_number, activity_move, allowance, assigned_amount, certificate, close_registry, compliance,
    eligible, fee_payment, forwarding_letter, import_archive, inventory, issuance_request, notice, notices, period, project, registration_fee, replacements, target, targets, totals, trail, units,
    verification, verify_certificate, verify_export,
)  # fmt: skip


@click.group(commands=COMMANDS)
def kyoto() -> None:
    """States what the rulebook kyoto asks for; of one name the last statement holds."""
