# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`open-account`: an account is opened, or closed."""

from __future__ import annotations

from typing import Final

import click

from itmo.core.v1 import statements_pb2
from itmo.paris.v1 import terms_pb2
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.whole_numbers import NUMBER_OR_NONE
from registry_node.cli import showing
from registry_node.cli.options import SPAN, wait_option
from registry_node.cli.sending import milliseconds
from registry_node.cli.session import Session, command, seconds_for

_ROLES: Final = ("PENDING", "ADAPTATION_FUND", "MANDATORY_OMGE")


@click.command("open-account")
@click.option(
    "--type", "account_type", type=NUMBER_OR_NONE, default=0, help="Account type, such as 100."
)
@click.option("--registry", default="", help="Where the node speaks for several.")
@click.option("--id", "account_id", default="", help="Identifier; default: the next free one.")
@click.option("--ndc", type=SPAN, help="NDC period such as 2021-2030; for account type 200.")
@click.option("--entity", default="", help="Entity that holds it; default: the Party.")
@click.option("--non-ghg-metric", default="", help="Name of the metric; default: tCO2eq.")
@click.option(
    "--role",
    type=click.Choice(_ROLES),
    help="What it is for in the Article 6.4 mechanism registry.",
)
@click.option("--party", default="", help="Party it is tied to; in the mechanism registry only.")
@click.option("--close", is_flag=True, help="Close the account that --id names.")
@wait_option
@command
def open_account(
    session: Session,
    account_type: int,
    registry: str,
    account_id: str,
    ndc: tuple[int, int] | None,
    entity: str,
    non_ghg_metric: str,
    role: str | None,
    party: str,
    close: bool,
    wait: float,
) -> None:
    """Opens an account, or closes one."""
    stated = statements_pb2.AccountStatement(
        registry=registry,
        account_type=account_type,
        account_id=account_id,
        entity=entity,
        closed=close,
    )
    terms = terms_pb2.AccountTerms(
        non_ghg_metric=non_ghg_metric,
        role=terms_pb2.AccountRole.Value(f"ACCOUNT_ROLE_{role or 'UNSPECIFIED'}"),
        party=party,
    )
    if ndc is not None:
        terms.ndc_period.first, terms.ndc_period.last = max(ndc[0], 0), max(ndc[1], 0)
    if ndc is not None or terms.ByteSize():
        stated.terms.paris.CopyFrom(terms)
    request = api.OpenAccountRequest(statement=stated, wait_ms=milliseconds(wait))
    answer = session.call(lambda stub: stub.OpenAccount(request, timeout=seconds_for(wait)))
    done = f"{'Closed' if close else 'Opened'} {answer.account.account_id}"
    session.show(answer, lambda screen: showing.outcome(screen, answer.outcome, done))
    showing.leave(answer.outcome, wait)
