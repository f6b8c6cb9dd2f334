# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`propose`: units are to move to another account."""

from __future__ import annotations

from typing import Any

import click

from itmo.core.v1 import proposal_pb2
from registry_node.cli.options import blocks_argument, proposing_options
from registry_node.cli.paris.terms import claim_option, in_terms
from registry_node.cli.sending import propose_one
from registry_node.cli.session import Session, command


@click.command()
@click.argument("from_account")
@click.argument("to_account")
@blocks_argument
@click.option("--to-registry", default="", help="Registry of TO_ACCOUNT; default: as in its id.")
@claim_option
@proposing_options
@command
def propose(session: Session, **fields: Any) -> None:  # noqa: ANN401 - the options
    """Proposes a transfer: registry-node propose FROM TO THA01:1-1916."""
    propose_one(
        session, "Proposed", type=proposal_pb2.TRANSACTION_TYPE_TRANSFER, **in_terms(**fields)
    )
