# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the meta-registry answers to a node: the one place where its rules of sight are applied."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from broker.reports.paris import letters, timeline_pages, visibility
from broker.reports.paris import meta_registry as report
from broker.reports.paris.letters import AuthorizationView
from broker.reports.paris.timeline import Timeline
from broker.reports.paris.visibility import Deed, Position, Source
from broker.reports.snapshot import snapshot
from itmo.clearing.v1 import meta_registry_service_pb2 as pb
from itmo.clock import to_ms
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.timestamps import timestamp


@dataclass(frozen=True, slots=True)
class Cut:
    """Part of a list: so many rows behind a key; the key of the last one goes with the answer.

    A key is what next_page_token holds in answers from here; the service seals it.
    """

    after: str = ""
    size: int = sys.maxsize - 1

    def key(self, *first: str | int | list[int]) -> list[Any]:
        """The key in its parts; for the first page those that stand before all."""
        return json.loads(self.after) if self.after else list(first)


ALL: Final = Cut()


def list_units(
    connection: Connection,
    node: str,
    approach: str,
    as_of: datetime | None = None,
    timeline: Timeline | None = None,
    cut: Cut = ALL,
) -> pb.ListUnitsResponse:
    """What a node may see of the units of a cooperative approach, now or as of a moment.

    All pages of a list are of one place in the log, which stands in its keys.

    Raises:
        ProtocolError: NOT_FOUND.
    """
    with snapshot(connection):
        tables = (timeline or Timeline()).read_all(connection)
        caller = report.caller_of(connection, node)
        parties = report.approach_parties(connection, approach)
        if parties is None:
            raise ProtocolError(
                Reason.NOT_FOUND, f"no cooperative approach {approach} is known", where=approach
            )
        size, *last = cut.key(report.log_size(connection), *timeline_pages.BEGIN, "")
        place = min(timeline_pages.place_of(tables, as_of), size - 1)
        after = last[0], last[1]
        said = report.reported_positions(connection, approach, as_of)
        found = [
            report.position_then(each)
            for each in timeline_pages.held(tables, caller, approach, place, after, cut.size + 1)
        ]
        in_ledger = timeline_pages.totals(tables, approach, place)
        everything = report.approach_totals(connection, in_ledger, said)
    found += [each for each in said if report.order_of(each) > (*after, last[2])]
    seen = sorted(visibility.positions_for(caller, found), key=report.order_of)
    totals, participant = visibility.totals_for(caller, parties, everything)
    return pb.ListUnitsResponse(
        units=map(rendered_position, seen[: cut.size]),
        totals=pb.ApproachTotals(
            cooperative_approach=approach,
            issued=totals.issued,
            held=totals.held,
            used=totals.used,
            cancelled=totals.cancelled,
            first_transferred=totals.first_transferred,
            participant=participant,
        ),
        log_size=size,
        next_page_token=_key(size, *report.order_of(seen[cut.size - 1]))
        if len(seen) > cut.size
        else "",
    )


def unit_history(
    connection: Connection,
    node: str,
    registry: str,
    serial: int,
    as_of: datetime | None = None,
    timeline: Timeline | None = None,
) -> pb.GetUnitHistoryResponse:
    """All that a node may see of what happened to a unit until a moment."""
    with snapshot(connection):
        tables = (timeline or Timeline()).read_all(connection)
        by = timeline_pages.touched(tables, registry, serial)
        now = timeline_pages.lives(tables, registry, serial)
        seen = visibility.history_for(
            report.caller_of(connection, node),
            report.unit_deeds(connection, registry, serial, as_of, by),
            report.unit_positions(connection, registry, serial, as_of, by, now),
        )
    return pb.GetUnitHistoryResponse(
        actions=map(rendered_deed, seen.deeds),
        positions=map(rendered_position, seen.positions),
        withheld=seen.withheld,
    )


def list_actions(
    connection: Connection,
    node: str,
    party: str,
    year: int,
    timeline: Timeline | None = None,
    cut: Cut = ALL,
) -> pb.ListActionsResponse:
    """What a node may see of what a Party did in a calendar year (UTC)."""
    span = to_ms(datetime(year, 1, 1, tzinfo=UTC)), to_ms(datetime(year + 1, 1, 1, tzinfo=UTC))
    after = cut.key(0, "", [0, 0], "", 0)
    at, told_by, place, *_ = after
    since = (at + 1, 0, 0) if told_by else (at, place[0], place[1])
    with snapshot(connection):
        tables = (timeline or Timeline()).read_all(connection)
        caller = report.caller_of(connection, node)
        found: list[Deed] = []
        for names in timeline_pages.done(tables, caller.registries, party, span, since):
            some = [deed for name in names for deed in report.ledger_deeds(connection, name)]
            found += [each for each in some if _place_of(each) > after]
            if len(found) > cut.size:
                break
        said = report.reported_deeds(connection, party, span)
    found += [each for each in said if _place_of(each) > after]
    seen = sorted(visibility.deeds_for(caller, found), key=_place_of)
    last = _place_of(seen[cut.size - 1]) if len(seen) > cut.size else None
    return pb.ListActionsResponse(
        actions=map(rendered_deed, seen[: cut.size]),
        next_page_token=_key(*last) if last else "",
    )


def first_transferred(
    connection: Connection,
    node: str,
    host: str,
    timeline: Timeline | None = None,
    cut: Cut = ALL,
) -> pb.ListFirstTransferredIdsResponse:
    """The ids of a host's first transferred units.

    Raises:
        ProtocolError: PERMISSION_DENIED.
    """
    caller = report.caller_of(connection, node)
    registry, last = cut.key(*timeline_pages.BEGIN)
    with snapshot(connection):
        tables = (timeline or Timeline()).read_all(connection)
        runs = timeline_pages.first_transferred(tables, host, (registry, last), cut.size + 1)
    try:
        found = visibility.ids_for(caller, host, runs)
    except PermissionError:
        raise ProtocolError(
            Reason.PERMISSION_DENIED,
            f"{host} has not designated {node}; only its designated node lists its units",
            node=node,
        ) from None
    shown = found[: cut.size]
    return pb.ListFirstTransferredIdsResponse(
        units=[pb.UnitIds(registry=name, first=run.first, last=run.last) for name, run in shown],
        next_page_token=_key(shown[-1][0], shown[-1][1].last) if len(found) > cut.size else "",
    )


def _key(*parts: object) -> str:
    return json.dumps(parts, separators=(",", ":"))


def _place_of(deed: Deed) -> list[Any]:
    """By which lists of deeds are ordered, as a key has it."""
    at, told_by, place, *units = report.time_of(deed)
    return [to_ms(at), told_by, list(place), *units]


def _source(source: Source) -> pb.Source:
    return pb.Source(
        reported_by=source.reported_by,
        as_of=timestamp(source.as_of) if source.as_of is not None else None,
    )


def rendered_position(position: Position) -> pb.UnitPosition:
    """Where units are, as it travels."""
    return pb.UnitPosition(
        registry=position.registry,
        first=position.first,
        last=position.last,
        holder=position.holder,
        account_id=position.account_id,
        account_type=position.account_type,
        vintage=position.vintage,
        cooperative_approach=position.cooperative_approach,
        first_transferred=position.first_transferred,
        source=_source(position.source),
    )


def rendered_deed(deed: Deed) -> pb.UnitAction:
    """What was done with units, as it travels."""
    return pb.UnitAction(
        time=timestamp(deed.at),
        type=deed.type,
        action_id=deed.action_id,
        registry=deed.registry,
        first=deed.first,
        last=deed.last,
        from_registry=deed.from_registry,
        to_registry=deed.to_registry,
        from_account=deed.from_account,
        to_account=deed.to_account,
        first_transfer=deed.first_transfer,
        source=_source(deed.source),
    )


def authorizations_for(
    connection: Connection, *, node: str, party: str, after: tuple[str, str], limit: int
) -> list[AuthorizationView]:
    """Latest versions after a (Party, id), as a node may see them."""
    caller = report.caller_of(connection, node)
    found = letters.authorizations(connection, party=party, after=after, limit=limit)
    return [
        replace(
            view, issued_quantity=visibility.issued_for(caller, view.version, view.issued_quantity)
        )
        for view in found
    ]
