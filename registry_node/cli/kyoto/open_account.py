# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto open-account`: an account of a type of the rulebook."""

from __future__ import annotations

import click

from itmo.core.v1 import statements_pb2
from itmo.kyoto.v1 import terms_pb2
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.whole_numbers import NUMBER, NUMBER_OR_NONE
from registry_node.cli import showing
from registry_node.cli.options import wait_option
from registry_node.cli.sending import milliseconds
from registry_node.cli.session import Session, command, seconds_for


@click.command("open-account")
@click.option(
    "--type", "account_type", type=NUMBER, required=True, help="Account type, such as 100."
)
@click.option("--registry", default="", help="Where the node speaks for several.")
@click.option(
    "--period", type=NUMBER_OR_NONE, default=0, help="Commitment period; from type 200 on."
)
@click.option("--adaptation-fund", is_flag=True,
              help="It is that of the Adaptation Fund, in the CDM registry.")  # fmt: skip
@wait_option
@command
def open_account(
    session: Session,
    account_type: int,
    registry: str,
    period: int,
    adaptation_fund: bool,
    wait: float,
) -> None:
    """Opens an account."""
    stated = statements_pb2.AccountStatement(
        registry=registry, account_type=account_type, rulebook="kyoto"
    )
    if period:
        stated.terms.kyoto.period = period
    if adaptation_fund:
        stated.terms.kyoto.role = terms_pb2.ACCOUNT_ROLE_ADAPTATION_FUND
    request = api.OpenAccountRequest(statement=stated, wait_ms=milliseconds(wait))
    answer = session.call(lambda stub: stub.OpenAccount(request, timeout=seconds_for(wait)))
    done = f"Opened {answer.account.account_id}"
    session.show(answer, lambda screen: showing.outcome(screen, answer.outcome, done))
    showing.leave(answer.outcome, wait)
