# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto transfer`: units go to another account."""

from __future__ import annotations

from typing import Any

import click

from itmo.core.v1 import proposal_pb2
from registry_node.cli.kyoto.options import (
    corrective_option,
    notice_option,
    propose,
    supplementary_option,
)
from registry_node.cli.options import blocks_argument, proposing_options
from registry_node.cli.session import Session, command


@click.command()
@click.argument("from_account")
@click.argument("to_account")
@blocks_argument
@click.option("--to-registry", default="", help="Registry of TO_ACCOUNT; default: as in its id.")
@notice_option
@corrective_option
@supplementary_option
@proposing_options
@command
def transfer(session: Session, **fields: Any) -> None:  # noqa: ANN401  # the options
    """Transfers units, within a registry or to another one: registry-node kyoto transfer FROM TO 1-10."""
    propose(session, "Proposed", proposal_pb2.TRANSACTION_TYPE_TRANSFER, **fields)
