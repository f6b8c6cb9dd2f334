# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto`: accounts and transactions under the rulebook of that name."""

from __future__ import annotations

from typing import Any

import click

from itmo.core.v1 import proposal_pb2, rulebooks_pb2, statements_pb2, units_pb2
from itmo.kyoto.v1 import attributes_pb2, terms_pb2
from itmo.registry.v1 import operator_service_pb2 as api
from registry_node.cli import showing
from registry_node.cli.options import blocks_argument, wait_option
from registry_node.cli.sending import milliseconds, propose_one
from registry_node.cli.session import Session, command, seconds_for


@click.group()
def kyoto() -> None:
    """Opens accounts and proposes transactions under the rulebook kyoto."""


@kyoto.command("open-account")
@click.option("--type", "account_type", type=int, required=True, help="Account type, such as 100.")
@click.option("--registry", default="", help="Where the node speaks for several.")
@click.option("--period", type=int, default=0, help="Commitment period; from type 200 on.")
@wait_option
@command
def open_account(
    session: Session, account_type: int, registry: str, period: int, wait: float
) -> None:
    """Opens an account."""
    stated = statements_pb2.AccountStatement(
        registry=registry, account_type=account_type, rulebook="kyoto"
    )
    if period:
        stated.terms.kyoto.period = period
    request = api.OpenAccountRequest(statement=stated, wait_ms=milliseconds(wait))
    answer = session.call(lambda stub: stub.OpenAccount(request, timeout=seconds_for(wait)))
    done = f"Opened {answer.account.account_id}"
    session.show(answer, lambda screen: showing.outcome(screen, answer.outcome, done))
    showing.leave(answer.outcome, wait)


@kyoto.command()
@click.argument("account")
@blocks_argument
@click.option("--period", type=int, required=True, help="Commitment period they are issued for.")
@wait_option
@command
def issue(
    session: Session,
    account: str,
    blocks: tuple[units_pb2.UnitBlock, ...],
    period: int,
    wait: float,
) -> None:
    """Issues AAUs into an ACCOUNT."""
    units = attributes_pb2.UnitAttributes(
        unit_type=attributes_pb2.UNIT_TYPE_AAU, original_period=period, applicable_period=period
    )
    for block in blocks:
        block.attributes.CopyFrom(rulebooks_pb2.UnitAttributes(kyoto=units))
    _propose(session, "Issued", "ISSUANCE", (account, account), blocks, wait)


@kyoto.command()
@click.argument("from_account")
@click.argument("to_account")
@blocks_argument
@wait_option
@command
def transfer(
    session: Session,
    from_account: str,
    to_account: str,
    blocks: tuple[units_pb2.UnitBlock, ...],
    wait: float,
) -> None:
    """Transfers units, within a registry or to another one."""
    _propose(session, "Proposed", "TRANSFER", (from_account, to_account), blocks, wait)


@kyoto.command()
@click.argument("account")
@blocks_argument
@click.option("--project", required=True, help="Such as UKR1000022: host Party and number.")
@click.option("--track", type=click.Choice(("1", "2")), required=True, help="Who verified it.")
@wait_option
@command
def convert(
    session: Session,
    account: str,
    blocks: tuple[units_pb2.UnitBlock, ...],
    project: str,
    track: str,
    wait: float,
) -> None:
    """Converts AAUs or RMUs of an ACCOUNT to ERUs of a project."""
    become = attributes_pb2.UnitAttributes(
        project=project,
        track=attributes_pb2.TRACK_PARTY_VERIFIED
        if track == "1"
        else attributes_pb2.TRACK_INDEPENDENTLY_VERIFIED,
    )
    terms = rulebooks_pb2.TransactionTerms(kyoto=terms_pb2.TransactionTerms(become=become))
    _propose(session, "Converted", "CONVERSION", (account, account), blocks, wait, terms=terms)


@kyoto.command()
@click.argument("from_account")
@click.argument("to_account")
@blocks_argument
@wait_option
@command
def retire(
    session: Session,
    from_account: str,
    to_account: str,
    blocks: tuple[units_pb2.UnitBlock, ...],
    wait: float,
) -> None:
    """Retires units into the retirement account of their period."""
    _propose(session, "Retired", "RETIREMENT", (from_account, to_account), blocks, wait)


def _propose(
    session: Session,
    done: str,
    kind: str,
    accounts: tuple[str, str],
    blocks: tuple[units_pb2.UnitBlock, ...],
    wait: float,
    **fields: Any,  # noqa: ANN401  # fields of a ProposedTransaction
) -> None:
    propose_one(
        session,
        done,
        type=proposal_pb2.TransactionType.Value(f"TRANSACTION_TYPE_{kind}"),
        from_account=accounts[0],
        to_account=accounts[1],
        blocks=blocks,
        rulebook="kyoto",
        wait=wait,
        **fields,
    )
