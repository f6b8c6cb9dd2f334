# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a node is answered about the accounts of a Party: to the node it designated, and to no other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Final

from broker.adjustments.entries import GHG
from broker.regime.paris.adjustments.summary import MADE_OF
from broker.reports.log_position import log_position
from broker.reports.paris import balances, summary_rows
from broker.reports.paris.meta_registry import caller_of
from broker.reports.paris.structured_summary import structured_summary
from broker.reports.paris.timeline import Timeline
from broker.reports.paris.tracing import TracedEntry, traced
from broker.reports.paris.visibility import Caller
from broker.reports.snapshot import snapshot
from broker.rulebook.paris.years import YearSpan
from itmo import limits
from itmo.clearing.v1 import adjustment_service_pb2 as pb
from itmo.core.v1 import proposal_pb2
from itmo.log_position import LogPosition
from itmo.paris.v1 import parties_pb2, terms_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.timestamps import timestamp

_KINDS: Final[Mapping[str, pb.AdjustmentKind.ValueType]] = {
    name.removeprefix("ADJUSTMENT_KIND_"): number for name, number in pb.AdjustmentKind.items()
}
_FIRST_YEAR: Final = 1990
_LAST_YEAR: Final = 9998


def own_party(connection: Connection, node: str, party: str) -> Caller:
    """The caller, if the Party designated it.

    Raises:
        ProtocolError: PERMISSION_DENIED.
    """
    caller = caller_of(connection, node)
    if party not in caller.hosts:
        raise ProtocolError(
            Reason.PERMISSION_DENIED,
            f"{party} has not designated {node}; only its designated node sees its accounts",
            node=node,
        )
    return caller


def adjustments(
    connection: Connection,
    *,
    node: str,
    party: str,
    year: int,
    as_of: datetime | None,
    after: int,
    limit: int,
) -> list[pb.Adjustment]:
    """A Party's entries after one of them, oldest first; year 0: of all years.

    Raises:
        ProtocolError: PERMISSION_DENIED.
    """
    with snapshot(connection):
        caller = own_party(connection, node, party)
        found = traced(connection, party, as_of, year=year, after=after, limit=limit)
    return [_adjustment(caller, each) for each in found]


def balance(
    connection: Connection,
    *,
    node: str,
    party: str,
    year: int,
    as_of: datetime | None,
    metric: str,
    timeline: Timeline,
) -> pb.GetBalanceResponse:
    """A Party's balance for a year.

    Raises:
        ProtocolError: PERMISSION_DENIED.
    """
    with snapshot(connection):
        own_party(connection, node, party)
        found = balances.balance(connection, party, year, as_of, metric=metric, timeline=timeline)
        steps = balances.average_steps(connection, party, as_of, metric=metric, timeline=timeline)
    period = found.period
    return pb.GetBalanceResponse(
        inventory=found.inventory,
        first_transferred=found.first_transferred,
        used=found.used,
        balance=found.balance,
        exact=_fraction(found.exact),
        adjustment=_fraction(found.adjustment),
        effective=found.effective,
        period=terms_pb2.YearSpan(first=period.first, last=period.last) if period else None,
        method=parties_pb2.AdjustmentMethod.Value(f"ADJUSTMENT_METHOD_{found.method}")
        if found.method
        else parties_pb2.ADJUSTMENT_METHOD_UNSPECIFIED,
        final=found.final,
        averages=[
            pb.AverageStep(
                year=step.year,
                cumulative=step.cumulative,
                elapsed=step.elapsed,
                average=_fraction(step.average),
            )
            for step in steps
            if period is not None and step.year in period
        ],
    )


def summary(
    connection: Connection,
    *,
    node: str,
    party: str,
    years: YearSpan,
    as_of: datetime | None,
    metric: str,
    explain: bool,
    now: datetime,
    timeline: Timeline,
) -> pb.GetSummaryResponse:
    """A Party's structured summary, and with `explain` the entries that make each sum.

    Raises:
        ProtocolError: PERMISSION_DENIED; PAYLOAD_INVALID for years that make no table.
    """
    check_years(years)
    with snapshot(connection):
        own_party(connection, node, party)
        found = structured_summary(
            connection, party, years, metric=metric, as_of=as_of,
            timeline=None if explain else timeline,
        )  # fmt: skip
        position = log_position(connection, as_of)
    return pb.GetSummaryResponse(
        years=[
            pb.SummaryYear(year=column.year, status=summary_rows.status(found, column))
            for column in found.columns
        ],
        rows=[
            pb.SummaryRow(
                name=name,
                label=label,
                figures=[
                    pb.SummaryFigure(
                        value=_fraction(summary_rows.figure_of(column, name)),
                        entry_ids=[each.entry_id for each in found.made_of(name, column.year)]
                        if explain and name in MADE_OF
                        else (),
                    )
                    for column in found.columns
                ],
            )
            for name, label, _ in summary_rows.rows(found)
        ],
        heading=f"{summary_rows.title(found)}: {summary_rows.heading(found)}",
        total=summary_rows.total_text(found),
        page=summary_rows.page(found, now, position),
        position=place_in_log(position),
    )


def place_in_log(position: LogPosition) -> pb.LogPosition:
    """How far the log went, as it travels."""
    decided_at = position.decided_at
    return pb.LogPosition(
        network_id=position.network,
        decisions=position.decisions,
        last_leaf=bytes.fromhex(position.last_leaf),
        last_decision_time=timestamp(decided_at) if decided_at else None,
    )


def check_years(years: YearSpan) -> None:
    """Refuses years that make no table.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    if not _FIRST_YEAR <= years.first <= years.last <= _LAST_YEAR:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{years.first} to {years.last} are no calendar years from {_FIRST_YEAR} to {_LAST_YEAR}",
            where="years",
        )
    if years.last - years.first >= limits.MAX_SUMMARY_YEARS:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{years.first} to {years.last} are more than {limits.MAX_SUMMARY_YEARS} years",
            where="years",
        )


def _adjustment(caller: Caller, entry: TracedEntry) -> pb.Adjustment:
    side = bool({entry.from_registry, entry.to_registry} & caller.registries)
    return pb.Adjustment(
        entry_id=entry.entry_id,
        party=entry.party,
        year=entry.year,
        quantity=entry.quantity,
        transaction_id=entry.transaction_id,
        log_index=entry.log_index,
        book_time=timestamp(entry.booked_at),
        kind=_KINDS[entry.kind],
        metric="" if entry.metric == GHG else entry.metric,
        registry=entry.registry,
        first=entry.first,
        last=entry.last,
        cooperative_approach=entry.cooperative_approach,
        authorization_id=entry.authorization,
        outside_ndc_scope=entry.outside_ndc_scope,
        certified_emission_reductions=entry.cer,
        counted_year=entry.counted_year,
        type=proposal_pb2.TransactionType.Value(f"TRANSACTION_TYPE_{entry.type or 'UNSPECIFIED'}"),
        from_registry=entry.from_registry if side else "",
        to_registry=entry.to_registry if side else "",
        from_account=entry.from_account if side else "",
        to_account=entry.to_account if side else "",
    )


def _fraction(value: int | Fraction | None) -> pb.Fraction | None:
    if value is None:
        return None
    exact = Fraction(value)
    return pb.Fraction(numerator=exact.numerator, denominator=exact.denominator)
