# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the meta-registry answers to a node: the one place where its rules of sight are applied."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from broker.reports.paris import letters, visibility
from broker.reports.paris import meta_registry as report
from broker.reports.paris.as_of import units_as_of
from broker.reports.paris.kept_record import KeptRecord
from broker.reports.paris.letters import AuthorizationView
from broker.reports.paris.visibility import Caller, Deed, Position, Source
from broker.reports.snapshot import snapshot
from itmo.clearing.v1 import meta_registry_service_pb2 as pb
from itmo.payloads import timestamp
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection


def list_units(
    connection: Connection,
    node: str,
    approach: str,
    as_of: datetime | None = None,
    kept: KeptRecord | None = None,
) -> pb.ListUnitsResponse:
    """All that a node may see of the units of a cooperative approach, now or as of a moment.

    Raises:
        ProtocolError: NOT_FOUND.
    """
    with snapshot(connection):
        caller = report.caller_of(connection, node)
        parties = report.approach_parties(connection, approach)
        if parties is None:
            raise ProtocolError(
                Reason.NOT_FOUND, f"no cooperative approach {approach} is known", where=approach
            )
        then = None if as_of is None else units_as_of(connection, as_of, kept=kept)
        found = report.own_positions(connection, caller, approach, as_of, then)
        everything = report.approach_totals(connection, approach, as_of, then)
        log_size = report.log_size(connection)
    totals, participant = visibility.totals_for(caller, parties, everything)
    return pb.ListUnitsResponse(
        units=map(rendered_position, visibility.positions_for(caller, found)),
        totals=pb.ApproachTotals(
            cooperative_approach=approach,
            issued=totals.issued,
            held=totals.held,
            used=totals.used,
            cancelled=totals.cancelled,
            first_transferred=totals.first_transferred,
            participant=participant,
        ),
        log_size=log_size,
    )


def unit_history(
    connection: Connection,
    node: str,
    registry: str,
    serial: int,
    as_of: datetime | None = None,
) -> pb.GetUnitHistoryResponse:
    """All that a node may see of what happened to a unit until a moment."""
    seen = visibility.history_for(
        report.caller_of(connection, node),
        report.unit_deeds(connection, registry, serial, as_of),
        report.unit_positions(connection, registry, serial, as_of),
    )
    return pb.GetUnitHistoryResponse(
        actions=map(rendered_deed, seen.deeds),
        positions=map(rendered_position, seen.positions),
        withheld=seen.withheld,
    )


def list_actions(connection: Connection, node: str, party: str, year: int) -> list[pb.UnitAction]:
    """All that a node may see of what a Party did in a year."""
    caller = report.caller_of(connection, node)
    return list(
        map(rendered_deed, visibility.deeds_for(caller, report.deeds(connection, party, year)))
    )


def first_transferred(connection: Connection, node: str, host: str) -> list[pb.UnitIds]:
    """The ids of a host's first transferred units.

    Raises:
        ProtocolError: PERMISSION_DENIED.
    """
    caller: Caller = report.caller_of(connection, node)
    try:
        found = visibility.ids_for(caller, host, report.first_transferred_of(connection, host))
    except PermissionError:
        raise ProtocolError(
            Reason.PERMISSION_DENIED,
            f"{host} has not designated {node}; only its designated node lists its units",
            node=node,
        ) from None
    return [pb.UnitIds(registry=name, first=run.first, last=run.last) for name, run in found]


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
