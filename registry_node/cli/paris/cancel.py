# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`cancel`: units are cancelled."""

from __future__ import annotations

from typing import Any

import click

from itmo.core.v1 import proposal_pb2
from registry_node.cli.options import blocks_argument, sending_options
from registry_node.cli.paris.terms import claim_option, in_terms, notice_option
from registry_node.cli.sending import propose_one
from registry_node.cli.session import Session, command


@click.command()
@click.argument("from_account")
@click.argument("to_account")
@blocks_argument
@click.option("--purpose", default="", help="Purpose of the cancellation.")
@click.option("--entity", default="", help="Entity that cancels.")
@claim_option
@notice_option
@sending_options
@command
def cancel(session: Session, **fields: Any) -> None:  # noqa: ANN401 - the options
    """Cancels units (account types 300 to 330)."""
    propose_one(
        session, "Cancelled", type=proposal_pb2.TRANSACTION_TYPE_CANCELLATION, **in_terms(**fields)
    )
