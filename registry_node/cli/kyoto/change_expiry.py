# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto change-expiry`: temporary units get another date of expiry."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from itmo.core.v1 import proposal_pb2
from itmo.kyoto.v1 import attributes_pb2
from itmo.runtime.cli.times import DAY
from registry_node.cli.kyoto.options import notice_option, propose
from registry_node.cli.options import blocks_argument, proposing_options
from registry_node.cli.session import Session, command


@click.command("change-expiry")
@click.argument("account")
@blocks_argument
@click.option("--expiry", type=DAY, required=True, help="The new day.")
@notice_option
@proposing_options
@command
def change_expiry(
    session: Session,
    account: str,
    expiry: datetime,
    **fields: Any,  # noqa: ANN401  # the other options
) -> None:
    """Changes the date of expiry of tCERs or lCERs in an ACCOUNT, where they are."""
    become = attributes_pb2.UnitAttributes(expiry_date=expiry.date().isoformat())
    kind = proposal_pb2.TRANSACTION_TYPE_EXPIRY_DATE_CHANGE
    propose(
        session, "Changed", kind, become=become, from_account=account, to_account=account, **fields
    )
