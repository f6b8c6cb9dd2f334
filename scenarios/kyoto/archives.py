# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From what a step says of an archive, of a closing or of an activity to what the operator states."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from broker.regime.kyoto.statements.archive_parts import digest_of
from broker.reports.kyoto.archives import opening_of, parts_of
from broker.reports.kyoto.sealed_export import sealed_export
from broker.reports.kyoto.sealed_verifying import sealed_in
from broker.reports.snapshot import snapshot
from itmo.identifiers import AccountId
from itmo.kyoto.v1 import statements_pb2 as kyoto
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from scenarios.kyoto.codes import unit_type
from scenarios.kyoto.model import (
    CloseRegistry,
    KyotoBlockSpec,
    MoveActivity,
    OpeningSpec,
    PastSpec,
)
from sef.archive import Archive, ArchiveBlock
from sef.archive_reading import led_to
from sef.archive_trail import TrailRow, UnitsAre, registry_in, type_in


def archive_digest(name: str) -> bytes:
    """Stands for the digest of an archive that is written in a file of ours."""
    return hashlib.sha256(f"opening {name}".encode()).digest()


def opening(
    spec: OpeningSpec, account_ids: Mapping[str, AccountId]
) -> Iterator[kyoto.KyotoStatement]:
    """The parts of its trail, and the opening that names the last one.

    Raises:
        ProtocolError: PAYLOAD_INVALID, where the past does not lead to what lies where; each row is named.
    """
    archive = _archive(spec, account_ids)
    faults = list(archive.faults)
    if archive.trail:
        led_to(archive.blocks, archive.trail, faults)
    if faults:
        raise ProtocolError(Reason.PAYLOAD_INVALID, "; ".join(faults), where="opening")
    said = opening_of(archive, [archive_digest(f"reports of {spec.id}")])
    for part in parts_of(archive):
        said.parts, said.last_part = part.part, digest_of(part)
        yield kyoto.KyotoStatement(archive_part=part)
    yield kyoto.KyotoStatement(opening=said)


def _archive(spec: OpeningSpec, account_ids: Mapping[str, AccountId]) -> Archive:
    blocks = tuple(
        ArchiveBlock(
            row=row,
            registry=each.block.registry,
            first=each.block.first,
            last=each.block.last,
            **_fields(_are(each.block)),
            account=account_ids[each.account],
            account_registry=registry_in(account_ids[each.account]),
            account_type=type_in(account_ids[each.account]),
            had_left=each.had_left,
            were_replaced=each.were_replaced,
        )
        for row, each in enumerate(spec.balances, 1)
    )
    rows = [
        (each, block) for each in sorted(spec.past, key=lambda one: one.at) for block in each.blocks
    ]
    trail = (_row(row, each, block, account_ids) for row, (each, block) in enumerate(rows, 1))
    return Archive(blocks=blocks, digest=archive_digest(spec.id), trail=tuple(trail))


def _fields(are: UnitsAre) -> dict[str, Any]:
    return {name: getattr(are, name) for name in UnitsAre.__slots__}


def _are(block: KyotoBlockSpec) -> UnitsAre:
    return UnitsAre(
        unit_type=unit_type(block.unit, block.activity),
        original_period=block.period,
        applicable_period=block.applicable_period or block.period,
        activity=block.activity,
        project=block.project,
        track=int(block.track or 0),
        expiry=block.expiry,
    )


def _row(
    row: int, told: PastSpec, block: KyotoBlockSpec, account_ids: Mapping[str, AccountId]
) -> TrailRow:
    return TrailRow(
        row=row,
        at=told.at,
        transaction=told.id,
        type=told.type,
        notice=0,
        net_source=0,
        acts=not block.replaced,
        registry=block.registry,
        first=block.first,
        last=block.last,
        are=_are(block),
        giver=account_ids.get(told.giver, AccountId(told.giver)),
        taker=account_ids.get(told.taker, AccountId(told.taker)),
    )


def closing(spec: CloseRegistry, database: Connection) -> kyoto.KyotoStatement:
    """The closing of a registry, with the seal of its export as the record has it now.

    Raises:
        ProtocolError: LEDGER_AUDIT_FAILED, where the export does not prove itself.
    """
    with snapshot(database):
        content, _ = sealed_export(database, spec.registry, {})
    sealed = sealed_in(content)
    if sealed.problems:
        raise ProtocolError(Reason.LEDGER_AUDIT_FAILED, "; ".join(sealed.problems))
    return kyoto.KyotoStatement(
        closing=kyoto.RegistryClosing(
            registry=spec.registry,
            seal=bytes.fromhex(sealed.seal),
            log_size=sealed.size,
            log_root=bytes.fromhex(sealed.root),
        )
    )


def move(spec: MoveActivity) -> kyoto.KyotoStatement:
    """An activity that goes on elsewhere."""
    return kyoto.KyotoStatement(
        activity_move=kyoto.ActivityMove(
            project=spec.activity,
            from_day=spec.from_day.isoformat() if spec.from_day else "",
            moved_to=spec.moved_to,
        )
    )
