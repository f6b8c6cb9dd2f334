# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto carry-over`: units become valid in the next period."""

from __future__ import annotations

from typing import Any

import click

from itmo.core.v1 import proposal_pb2
from itmo.kyoto.v1 import attributes_pb2
from itmo.runtime.cli.whole_numbers import NUMBER
from registry_node.cli.kyoto.options import notice_option, propose, supplementary_option
from registry_node.cli.options import blocks_argument, proposing_options
from registry_node.cli.session import Session, command


@click.command("carry-over")
@click.argument("account")
@blocks_argument
@click.option("--to-period", type=NUMBER, required=True, help="The next commitment period.")
@click.option("--into", default="", help="Of AAUs: the surplus reserve account (type 130).")
@notice_option
@supplementary_option
@proposing_options
@command
def carry_over(
    session: Session,
    account: str,
    to_period: int,
    into: str,
    **fields: Any,  # noqa: ANN401  # the other options
) -> None:
    """Carries units of an ACCOUNT over: CERs and ERUs where they are, AAUs into their reserve."""
    become = attributes_pb2.UnitAttributes(applicable_period=to_period)
    kind = proposal_pb2.TRANSACTION_TYPE_CARRY_OVER
    propose(
        session,
        "Carried over",
        kind,
        become=become,
        from_account=account,
        to_account=into or account,
        **fields,
    )
