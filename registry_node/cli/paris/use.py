# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`use`: units are used."""

from __future__ import annotations

from typing import Any

import click

from itmo.core.v1 import proposal_pb2
from itmo.runtime.cli.whole_numbers import NUMBER_OR_NONE
from registry_node.cli.options import blocks_argument, sending_options
from registry_node.cli.paris.terms import claim_option, in_terms, notice_option
from registry_node.cli.sending import propose_one
from registry_node.cli.session import Session, command


@click.command()
@click.argument("from_account")
@click.argument("to_account")
@blocks_argument
@click.option("--year", type=NUMBER_OR_NONE, default=0, help="Calendar year of use towards an NDC.")
@click.option("--purpose", default="", help="Purpose of a use other than towards an NDC.")
@click.option("--entity", default="", help="Entity that uses.")
@claim_option
@notice_option
@sending_options
@command
def use(session: Session, *, year: int, **fields: Any) -> None:  # noqa: ANN401 - the options
    """Uses units towards an NDC (account type 200) or other purposes (210)."""
    kind = proposal_pb2.TRANSACTION_TYPE_USE
    propose_one(session, "Used", type=kind, **in_terms(year_of_use=year, **fields))
