# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Registrations of activities: the moment that some approaches count authorizations from."""

from __future__ import annotations

from datetime import date
from typing import Final

from broker.regime.fields import day
from broker.regime.paris import needs, stated_keys
from broker.regime.paris.reading import canonical_approach
from broker.regime.refusals import NoEffect
from broker.regime.regime import Needs
from broker.regime.statement import Books, Statement
from itmo import limits
from itmo.identifiers import parse_cooperative_approach_id, parse_free_text
from itmo.nomenclature import MECHANISM_APPROACH
from itmo.paris.v1 import approaches_pb2
from itmo.parties import MECHANISM_REGISTRY
from itmo.payloads import OPERATOR_NODE, PayloadKind
from itmo.reasons import Reason


def read(payload: bytes) -> date:
    """The day of a recorded registration."""
    written = approaches_pb2.ActivityStatement.FromString(payload)
    return day(written.registration_date, "registration_date")


def _needs(written: approaches_pb2.ActivityStatement) -> Needs:
    asked = Needs(registrar=True)
    needs.approach(asked, canonical_approach(written.cooperative_approach))
    return asked


def _take(books: Books, written: approaches_pb2.ActivityStatement) -> None:
    """Records when an activity of a cooperative approach was registered, anew or corrected.

    Raises:
        NoEffect, ProtocolError: the sender may not, or malformed, of an approach that is not known,
            or of a later day.
    """
    approach = parse_cooperative_approach_id(written.cooperative_approach, "cooperative_approach")
    activity = parse_free_text(written.activity, "activity", limits.MAX_IDENTIFIER)
    registered = day(written.registration_date, "registration_date")
    _check_registers(books, approach)
    if not activity:
        raise NoEffect(
            Reason.PAYLOAD_INVALID, "activity: an activity is named as its units name it"
        )
    if books.stated(stated_keys.approach(approach)) is None:
        raise NoEffect(Reason.NOT_FOUND, f"cooperative approach {approach} is not known")
    if registered > books.now.date():
        raise NoEffect(
            Reason.PAYLOAD_INVALID,
            f"registration_date: {registered} is later than today; a registration is recorded once"
            " it happened",
        )
    books.state(stated_keys.activity(approach, activity), registered)


def _check_registers(books: Books, approach: str) -> None:
    """The operator, as the reporting platform lists them; activities of the mechanism its registry too.

    Source: 3/CMA.3 annex paras 63-65 (the mechanism registry is run under the Supervisory Body).
    """
    if books.sender == OPERATOR_NODE:
        return
    if approach == MECHANISM_APPROACH and books.speaks_for_registry_of(MECHANISM_REGISTRY):
        return
    raise NoEffect(
        Reason.PERMISSION_DENIED,
        f"activities of {approach} are registered by the operator"
        f"{' or the mechanism registry' if approach == MECHANISM_APPROACH else ''}; {books.sender}"
        " signed",
    )


STATEMENT: Final = Statement(
    PayloadKind.ACTIVITY_STATEMENT, by_operator=True, by_node=True, needs=_needs, take=_take
)
