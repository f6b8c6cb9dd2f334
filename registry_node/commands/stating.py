# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a node states next of its books, from what a receipt asks for and the books as they are then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from itmo import books, limits
from itmo.books import Entry
from itmo.core.v1 import reconciliation_pb2 as pb
from itmo.message.v1 import ranges_pb2
from itmo.timestamps import timestamp

Trail = Callable[[Sequence[ranges_pb2.UnitRange]], Iterable[pb.TrailEntry]]
"""Finds the transactions that touched units, newest first."""


def begin(registry: str) -> pb.ReconciliationStatement:
    """The statement that asks for a snapshot."""
    return pb.ReconciliationStatement(registry=registry, stage=pb.RECONCILIATION_STAGE_BEGIN)


def stated(
    answer: pb.ReconciliationAnswer,
    registry: str,
    snapshot: tuple[int, datetime],
    held: Iterable[Entry],
    trail: Trail,
) -> pb.ReconciliationStatement | None:
    """The statement that an answer asks for; None where it asks for none.

    Args:
        answer: Of a receipt.
        registry: Whose books are compared.
        snapshot: Place of the receipt in the broker's log, and when it was made.
        held: Everything in the books of the registry after that receipt was applied.
        trail: Finds transactions by their units.
    """
    if answer.stage == pb.RECONCILIATION_STAGE_UNSPECIFIED:
        return None
    index, moment = snapshot
    made = pb.ReconciliationStatement(
        registry=registry,
        stage=answer.stage,
        reconciliation_id=answer.reconciliation_id,
        snapshot_index=index,
        snapshot_time=timestamp(moment),
    )
    if answer.stage == pb.RECONCILIATION_STAGE_TRAIL:
        touched = trail([each.units for each in answer.differences])
        made.trail.extend(list(touched)[: limits.MAX_TRAIL])
        return made
    own = books.books(held, books.portion_of(answer))
    if answer.stage == pb.RECONCILIATION_STAGE_DIGEST:
        made.digest = books.digest(own)
    elif answer.stage == pb.RECONCILIATION_STAGE_TOTALS:
        found = list(books.totals_to_proto(books.totals(own)))
        made.totals.extend(found[: limits.MAX_BOOKS_LISTED])
    else:
        asked = {books.part_from_proto(each.part) for each in answer.blocks}
        wanted = [entry for entry in own if entry.part in asked]
        if len(wanted) > limits.MAX_BOOKS_LISTED:
            rest = wanted[limits.MAX_BOOKS_LISTED]
            made.listed_until.CopyFrom(pb.BooksPlace(registry=rest.registry, serial=rest.first))
            wanted = wanted[: limits.MAX_BOOKS_LISTED]
        made.blocks.extend(books.blocks_to_proto(books.by_part(wanted)))
    return made
