# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`propose`: units are to move to another account."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from itmo.core.v1 import proposal_pb2
from itmo.payloads import timestamp
from itmo.runtime.cli.times import MOMENT
from registry_node.cli.options import blocks_argument, sending_options
from registry_node.cli.paris.terms import claim_option, in_terms
from registry_node.cli.sending import propose_one
from registry_node.cli.session import Session, command


@click.command()
@click.argument("from_account")
@click.argument("to_account")
@blocks_argument
@click.option("--to-registry", default="", help="Registry of TO_ACCOUNT; default: as in its id.")
@click.option(
    "--by-proposer", is_flag=True, help="Keep the last word: complete it after acceptance."
)
@click.option("--deadline", type=MOMENT, help="When it times out.")
@claim_option
@sending_options
@command
def propose(
    session: Session,
    *,
    by_proposer: bool,
    deadline: datetime | None,
    **fields: Any,  # noqa: ANN401 - the other options
) -> None:
    """Proposes a transfer: registry-node propose FROM TO THA01:1-1916."""
    propose_one(
        session,
        "Proposed",
        type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
        completion=proposal_pb2.COMPLETION_MODE_BY_PROPOSER
        if by_proposer
        else proposal_pb2.COMPLETION_MODE_ON_ACCEPTANCE,
        deadline=None if deadline is None else timestamp(deadline),
        **in_terms(**fields),
    )
