# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Yearly figures of a Party: its inventory, a part of it, its targets, its indicators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from broker.adjustments.entries import GHG
from broker.regime.fields import known, short
from broker.regime.paris import stated_keys
from broker.regime.paris.statements.designated import check_designated
from broker.regime.refusals import NoEffect
from broker.regime.regime import Needs
from broker.regime.statement import Books, Statement
from broker.rulebook.paris.years import LevelKind
from itmo import limits
from itmo.identifiers import parse_party_code
from itmo.paris.v1 import parties_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason

LEVELS: Final[Mapping[int, LevelKind]] = {
    parties_pb2.LEVEL_KIND_UNSPECIFIED: LevelKind.INVENTORY,
    parties_pb2.LEVEL_KIND_INVENTORY: LevelKind.INVENTORY,
    parties_pb2.LEVEL_KIND_TARGET: LevelKind.TARGET,
    parties_pb2.LEVEL_KIND_INVENTORY_PART: LevelKind.INVENTORY_PART,
}
_MAX_YEARS: Final = 100
_LAST_YEAR: Final = 9999
_FIRST_YEAR: Final = 1990


def level(written: parties_pb2.InventoryStatement) -> tuple[str, LevelKind]:
    """Reads in which metric yearly figures are, as adjustments name it, and what they are.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    kind = known(LEVELS, written.level, "level")
    if written.metric == GHG or (written.metric and kind is LevelKind.INVENTORY_PART):
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            "metric names an indicator; figures in t CO2 eq, and a part of the inventory, have none",
            where="metric",
        )
    return short(written.metric, "metric") or GHG, kind


def read(payload: bytes) -> Mapping[int, int]:
    """Figures of a recorded statement by year."""
    written = parties_pb2.InventoryStatement.FromString(payload)
    return {entry.year: entry.tonnes for entry in written.years}


def as_known(history: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """Figures by year, of each year what was stated last."""
    figures: dict[int, int] = {}
    for stated in history:
        figures.update(stated)
    return figures


def _needs(written: parties_pb2.InventoryStatement) -> Needs:
    return Needs(designated={written.party})


def _take(books: Books, written: parties_pb2.InventoryStatement) -> None:
    """Takes figures in.

    Raises:
        NoEffect, ProtocolError: malformed, or not from the node the Party designated.
    """
    party = parse_party_code(written.party, "party")
    check_designated(books, party)
    metric, kind = level(written)
    listed = [entry.year for entry in written.years]
    if not 1 <= len(listed) <= _MAX_YEARS or len(set(listed)) != len(listed):
        raise NoEffect(Reason.PAYLOAD_INVALID, "years: 1 to 100 entries, each year once")
    unit = written.metric or "t"
    for entry in written.years:
        if not _FIRST_YEAR <= entry.year <= _LAST_YEAR or abs(entry.tonnes) > limits.MAX_UNITS:
            raise NoEffect(
                Reason.PAYLOAD_INVALID, f"year {entry.year} with {entry.tonnes} {unit} cannot be"
            )
    figures = {entry.year: entry.tonnes for entry in written.years}
    books.state(stated_keys.levels(party, kind, metric), figures)


STATEMENT: Final = Statement(
    PayloadKind.INVENTORY_STATEMENT, by_operator=False, by_node=True, needs=_needs, take=_take
)
