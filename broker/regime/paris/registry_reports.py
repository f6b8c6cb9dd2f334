# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What reports of registries state of Paris units, and what was done with them."""

from __future__ import annotations

from typing import Final

from broker.regime.fields import in_words_of
from broker.regime.paris import reading
from broker.regime.regime import Reported
from broker.rulebook.general.reported import ENTERING, ReportedActionType
from broker.rulebook.paris.account_types import FINAL_ACCOUNT_TYPES, AccountType
from broker.rulebook.paris.first_transfer import FIRST_TRANSFERRED
from itmo.core.v1 import sharing_pb2
from itmo.identifiers import parse_cooperative_approach_id, parse_party_code
from itmo.reasons import ProtocolError, Reason

_ACCOUNT_TYPES: Final = frozenset(kind.value for kind in AccountType)
_USES: Final = frozenset({AccountType.USE_NDC.value, AccountType.USE_IMP.value})


def reported(
    written: sharing_pb2.ReportedHolding | sharing_pb2.ReportedAction,
    kind: ReportedActionType | None,
    where: str,
) -> Reported:
    """See `Regime.reported`."""
    if isinstance(written, sharing_pb2.ReportedAction):
        year = in_words_of("paris", written.terms, f"{where}.terms").paris.year_of_use
        if (kind is ReportedActionType.USE) != bool(year):
            raise _invalid(f"{where}.terms.paris.year_of_use", "the calendar year of a use, else 0")
    _check_account(kind, written.account_type, f"{where}.account_type")
    marks = frozenset(written.marks)
    if marks - {FIRST_TRANSFERRED}:
        raise _invalid(f"{where}.marks", f"{FIRST_TRANSFERRED}, or nothing")
    signed = in_words_of("paris", written.block.attributes, f"{where}.block.attributes").paris
    stated = reading.attributes(signed, f"{where}.block.attributes.paris")
    if kind is None or kind in ENTERING:
        parse_party_code(stated.first_transferring_party, f"{where}.first_transferring_party")
        parse_cooperative_approach_id(stated.cooperative_approach, f"{where}.cooperative_approach")
    return Reported(
        attributes=signed.SerializeToString(deterministic=True),
        marks=marks,
        listed_under=stated.cooperative_approach,
    )


def _check_account(kind: ReportedActionType | None, account_type: int, where: str) -> None:
    if kind is None:
        if account_type not in _ACCOUNT_TYPES:
            raise _invalid(where, "an account type of the common nomenclatures")
        return
    fits = {
        ReportedActionType.TRANSFER: account_type == 0,
        ReportedActionType.USE: account_type in _USES,
        ReportedActionType.CANCELLATION: account_type in FINAL_ACCOUNT_TYPES - _USES,
    }.get(kind, account_type in _ACCOUNT_TYPES)
    if not fits:
        raise _invalid(where, f"an account type that fits {kind}; found {account_type}")


def _invalid(where: str, expected: str) -> ProtocolError:
    return ProtocolError(
        Reason.PAYLOAD_INVALID, f"{where}: expected {expected}", where=where, expected=expected
    )
