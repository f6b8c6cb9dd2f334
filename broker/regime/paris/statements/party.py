# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of a Party: its participation, its initial report, the periods of its NDC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from broker.regime.fields import day, known, listed
from broker.regime.paris import needs, stated_keys
from broker.regime.paris.reading import years
from broker.regime.refusals import NoEffect
from broker.regime.regime import Needs
from broker.regime.statement import Books, Statement
from broker.rulebook.paris.parties import Participation, PartyFacts
from broker.rulebook.paris.years import AdjustmentMethod, NdcPeriod, NdcTarget, YearSpan
from itmo.identifiers import PartyCode, parse_party_code
from itmo.paris.v1 import parties_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason

TARGETS: Final[Mapping[int, NdcTarget]] = {
    parties_pb2.NDC_TARGET_SINGLE_YEAR: NdcTarget.SINGLE_YEAR,
    parties_pb2.NDC_TARGET_MULTI_YEAR: NdcTarget.MULTI_YEAR,
}
METHODS: Final[Mapping[int, AdjustmentMethod]] = {
    parties_pb2.ADJUSTMENT_METHOD_TRAJECTORY: AdjustmentMethod.TRAJECTORY,
    parties_pb2.ADJUSTMENT_METHOD_AVERAGING: AdjustmentMethod.AVERAGING,
    parties_pb2.ADJUSTMENT_METHOD_BUDGET: AdjustmentMethod.BUDGET,
}


def party(written: parties_pb2.PartyStatement) -> PartyFacts:
    """Reads what is stated of a Party; methods that were stated before are added by `as_known`.

    Raises:
        ProtocolError: PAYLOAD_INVALID or IDENTIFIER_INVALID.
    """
    listed(len(written.ndc_periods), "ndc_periods")
    periods = tuple(
        NdcPeriod(
            years=years(period.years, "ndc_periods.years"),
            target=known(TARGETS, period.target, "ndc_periods.target"),
            method=known(METHODS, period.method, "ndc_periods.method"),
            first_or_first_updated=period.first_or_first_updated,
            finality_date=day(period.finality_date, "ndc_periods.finality_date")
            if period.finality_date
            else None,
        )
        for period in written.ndc_periods
    )
    ordered = sorted(periods, key=lambda p: p.years.first)
    for before, after in pairwise(ordered):
        if before.years.last >= after.years.first:
            raise ProtocolError(
                Reason.PAYLOAD_INVALID, "the NDC periods of a Party overlap", where="ndc_periods"
            )
    stated = written.participation
    return PartyFacts(
        party=PartyCode(parse_party_code(written.party, "party")),
        participation=Participation(
            party_to_agreement=stated.party_to_agreement,
            ndc_in_force=stated.ndc_in_force,
            authorization_arrangements=stated.authorization_arrangements,
            tracking_arrangements=stated.tracking_arrangements,
            latest_inventory=stated.latest_inventory,
        )
        if written.HasField("participation")
        else None,
        initial_report_date=day(written.initial_report_date, "initial_report_date")
        if written.initial_report_date
        else None,
        ndc_periods=tuple(ordered),
        methods_stated=_methods(ordered),
    )


def read(payload: bytes) -> PartyFacts:
    """What a recorded statement says."""
    return party(parties_pb2.PartyStatement.FromString(payload))


def as_known(history: Sequence[PartyFacts]) -> PartyFacts | None:
    """A Party as it was stated last, with every method ever stated; None where nothing was stated."""
    if len(history) < 2:  # noqa: PLR2004  # nearly always, and soon said
        return history[0] if history else None
    return replace(history[-1], methods_stated=_methods(_periods(history)))


def _periods(history: Iterable[PartyFacts]) -> Iterator[NdcPeriod]:
    return (period for stated in history for period in stated.ndc_periods)


def _methods(periods: Iterable[NdcPeriod]) -> Mapping[YearSpan, frozenset[AdjustmentMethod]]:
    methods: dict[YearSpan, frozenset[AdjustmentMethod]] = {}
    for period in periods:
        methods[period.years] = methods.get(period.years, frozenset()) | {period.method}
    return methods


def _needs(written: parties_pb2.PartyStatement) -> Needs:
    asked = Needs()
    needs.party(asked, written.party)
    return asked


def _take(books: Books, written: parties_pb2.PartyStatement) -> None:
    """A method, once stated for a period, stays (18(c)).

    Raises:
        NoEffect, ProtocolError: malformed, or another method for a stated period.
    """
    stated = party(written)
    key = stated_keys.party(stated.party)
    for span, named in _methods(_periods((*books.history(key), stated))).items():
        if len(named) > 1:
            raise NoEffect(
                "CA_METHOD_FIXED",
                f"another method was stated for {span.first} to {span.last}; it is fixed for the"
                " whole period",
            )
    books.state(key, stated)


STATEMENT: Final = Statement(
    PayloadKind.PARTY_STATEMENT, by_operator=True, by_node=False, needs=_needs, take=_take
)
