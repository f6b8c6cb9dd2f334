# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto replace`: units take the place of temporary ones that end."""

from __future__ import annotations

from typing import Any

import click

from itmo.core.v1 import proposal_pb2, units_pb2
from registry_node.cli.kyoto.options import (
    corrective_option,
    notice_option,
    propose,
    supplementary_option,
)
from registry_node.cli.options import BLOCK, blocks_argument, proposing_options
from registry_node.cli.session import Session, command


@click.command()
@click.argument("from_account")
@click.argument("to_account")
@blocks_argument
@click.option("--replaces", "replaced", type=BLOCK, multiple=True, required=True,
              help="Units whose place they take, such as CHE01:1-100; may be repeated.")  # fmt: skip
@notice_option
@corrective_option
@supplementary_option
@proposing_options
@command
def replace(
    session: Session,
    blocks: tuple[units_pb2.UnitBlock, ...],
    replaced: tuple[units_pb2.UnitBlock, ...],
    **fields: Any,  # noqa: ANN401  # the other options
) -> None:
    """Replaces tCERs or lCERs by other units, into an account of types 411 to 423."""
    for block in replaced:
        block.role = units_pb2.UNIT_ROLE_NAMED
    kind = proposal_pb2.TRANSACTION_TYPE_REPLACEMENT
    propose(session, "Replaced", kind, (*blocks, *replaced), **fields)
