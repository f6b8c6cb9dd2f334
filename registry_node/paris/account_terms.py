# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What an account under the Paris Agreement says beyond its type."""

from __future__ import annotations

from typing import Final

from itmo.core.v1 import statements_pb2
from itmo.identifiers import parse_party_code
from itmo.reasons import ProtocolError, Reason

_NDC_ACCOUNT: Final = 200


def check_account(stated: statements_pb2.AccountStatement) -> None:
    """Refuses an account whose terms are not those of its type.

    Raises:
        ProtocolError: PAYLOAD_INVALID or IDENTIFIER_INVALID.
    """
    if stated.rulebook not in ("", "paris"):
        return
    terms = stated.terms.paris
    if stated.account_type == _NDC_ACCOUNT and not terms.HasField("ndc_period"):
        expected = "the first and last year of the NDC, for account type 200"
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"ndc_period: expected {expected}.",
            where="ndc_period",
            expected=expected,
        )
    if terms.party:
        parse_party_code(terms.party, "party")
