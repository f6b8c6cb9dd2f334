# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Options for what a Paris transaction says beyond its units."""

from __future__ import annotations

from typing import Any, Final

import click

from itmo.core.v1 import rulebooks_pb2
from itmo.paris.v1 import terms_pb2

claim_option = click.option(
    "--first-transfer/--no-first-transfer",
    "first_transfer",
    default=None,
    help="Claim that it is, or is not, a first transfer; a check compares the claim.",
)


notice_option = click.option(
    "--notice",
    "notice_id",
    default="",
    help="Notice of a crediting programme that this acknowledges (see `notices`).",
)

_NAMES: Final = frozenset(terms_pb2.TransactionTerms.DESCRIPTOR.fields_by_name)


def in_terms(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a ProposedTransaction
    """Fields of a transaction, with those that are terms of the rulebook where they belong."""
    made = terms_pb2.TransactionTerms(**{k: v for k, v in fields.items() if k in _NAMES})
    rest = {name: value for name, value in fields.items() if name not in _NAMES}
    if made.ByteSize():
        rest["terms"] = rulebooks_pb2.TransactionTerms(paris=made)
    return rest
