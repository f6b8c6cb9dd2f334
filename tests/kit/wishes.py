# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Wishes that a node proposes for its operator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from itmo.core.v1 import proposal_pb2, statements_pb2, units_pb2
from registry_node.cli.paris.terms import in_terms


def issuance(
    account: str,
    blocks: Iterable[units_pb2.UnitBlock],
    **more: Any,  # noqa: ANN401  # fields
) -> proposal_pb2.ProposedTransaction:
    """Units come into being in an account."""
    kind = proposal_pb2.TRANSACTION_TYPE_ISSUANCE
    return proposal_pb2.ProposedTransaction(
        type=kind, to_account=account, blocks=blocks, **in_terms(**more)
    )


def transfer(
    from_account: str,
    to_account: str,
    blocks: Iterable[units_pb2.UnitBlock],
    **more: Any,  # noqa: ANN401  # fields
) -> proposal_pb2.ProposedTransaction:
    """Units move from one account to another."""
    fields: dict[str, Any] = {
        "type": proposal_pb2.TRANSACTION_TYPE_TRANSFER,
        "from_account": from_account,
        "to_account": to_account,
        "blocks": blocks,
    }
    return proposal_pb2.ProposedTransaction(**fields | in_terms(**more))


def account(
    account_type: int = 100, *, registry: str = "", ndc_period: tuple[int, int] | None = None
) -> statements_pb2.AccountStatement:
    """An account is opened."""
    made = statements_pb2.AccountStatement(account_type=account_type, registry=registry)
    if ndc_period is not None:
        years = made.terms.paris.ndc_period
        years.first, years.last = ndc_period
    return made
