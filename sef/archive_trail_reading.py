# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads what an archive tells of the past: `trail.csv` and `notices.csv`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from itmo import limits
from itmo.identifiers import parse_account_id, parse_registry_id
from itmo.reasons import ProtocolError
from sef.archive_rows import day, moment, number, rows_in, yes
from sef.archive_trail import NoticeRow, TrailRow, TrailType, UnitsAre, registry_in
from sef.entries import UNIT_OF_CODE

TRAIL: Final = "trail.csv"
NOTICES: Final = "notices.csv"
TRAIL_COLUMNS: Final = (
    "at", "transaction", "type", "notice", "net_source", "acts", "registry", "first", "last",
    "unit_type", "original_period", "applicable_period", "activity", "project", "track", "expiry",
    "from", "to", "had_left", "were_replaced", "corrective",
)  # fmt: skip
NOTICE_COLUMNS: Final = ("number", "type", "at", "quantity", "period")
_NEEDED: Final = frozenset(
    {"at", "transaction", "type", "registry", "first", "last", "unit_type", "original_period",
     "applicable_period", "from", "to"}
)  # fmt: skip
_ACTIVITIES: Final = 7
_TRACKS: Final = 2
_NOTICE_TYPES: Final = 13
_EARLIEST: Final = datetime(2005, 1, 1, tzinfo=UTC)
"""Before it there was no unit."""


def notices_in(content: bytes | None, faults: list[str]) -> tuple[NoticeRow, ...]:
    """Reads the notices, in the order of their times; what is wrong is added to the faults."""
    found: list[NoticeRow] = []
    rows = rows_in(NOTICES, content, NOTICE_COLUMNS) if content is not None else ()
    for row, written in enumerate(rows, 1):
        try:
            found.append(_notice(written))
        except ValueError as error:
            faults.append(f"notices, row {row}: {error}")
    return tuple(sorted(found, key=lambda each: each.at))


def _notice(written: Mapping[str, str]) -> NoticeRow:
    kind = number(written["type"], "type")
    if kind > _NOTICE_TYPES:
        raise ValueError(f"type is {kind}; expected 1 to {_NOTICE_TYPES}")
    return NoticeRow(
        number=number(written["number"], "number"),
        type=kind,
        at=moment(written["at"], "at"),
        quantity=number(written["quantity"] or "0", "quantity", least=0),
        period=number(written["period"] or "0", "period", least=0),
    )


def trail_in(content: bytes, notices: frozenset[int], faults: list[str]) -> tuple[TrailRow, ...]:
    """Reads the trail, which stands in the order of its times; what is wrong is added to the faults."""
    found: list[TrailRow] = []
    before = _EARLIEST
    for row, written in enumerate(rows_in(TRAIL, content, TRAIL_COLUMNS), 1):
        try:
            read = _row(row, written)
            if read.notice and read.notice not in notices:
                raise ValueError(f"notice {read.notice} is not in {NOTICES}")
            if read.at < before:
                raise ValueError(f"at is {read.at:%Y-%m-%dT%H:%M:%SZ}, before the row above")
            before = read.at
            found.append(read)
        except (ProtocolError, ValueError) as error:
            faults.append(f"trail, row {row}: {error}")
    return tuple(found)


def _row(row: int, written: Mapping[str, str]) -> TrailRow:
    missing = sorted(column for column in _NEEDED if not written[column])
    if missing:
        raise ValueError(f"{missing[0]} is missing")
    if len(written["transaction"]) > limits.MAX_IDENTIFIER:
        raise ValueError(f"transaction has more than {limits.MAX_IDENTIFIER} characters")
    if written["type"] not in TrailType.__members__:
        raise ValueError(
            f"type is {written['type'][:20]!a}; expected one of {', '.join(TrailType)}"
        )
    first, last = number(written["first"], "first"), number(written["last"], "last")
    if first > last:
        raise ValueError(f"the units {first} to {last} are no range")
    read = TrailRow(
        row=row,
        at=moment(written["at"], "at"),
        transaction=written["transaction"],
        type=TrailType(written["type"]),
        notice=number(written["notice"] or "0", "notice", least=0),
        net_source=_at_most(_ACTIVITIES, written, "net_source"),
        acts=yes(written["acts"] or "yes", "acts"),
        registry=parse_registry_id(written["registry"], "registry"),
        first=first,
        last=last,
        are=_units(written),
        giver=_place(written["from"], "from"),
        taker=_place(written["to"], "to"),
        had_left=yes(written["had_left"], "had_left"),
        were_replaced=yes(written["were_replaced"], "were_replaced"),
        corrective=yes(written["corrective"], "corrective"),
    )
    crosses = registry_in(read.giver) != registry_in(read.taker)
    if crosses and read.type is not TrailType.TRANSFER:
        raise ValueError(f"only a TRANSFER leads to another registry; type is {read.type}")
    if read.type is not TrailType.ISSUANCE and (read.had_left or read.were_replaced):
        raise ValueError("had_left and were_replaced are told of an ISSUANCE alone")
    if read.type is TrailType.ISSUANCE and read.giver != read.taker:
        raise ValueError("from and to of an ISSUANCE are the account that units are issued into")
    return read


def _units(written: Mapping[str, str]) -> UnitsAre:
    kind = number(written["unit_type"], "unit_type")
    if kind not in UNIT_OF_CODE:
        raise ValueError(f"unit_type is {kind}; expected 1 to {len(UNIT_OF_CODE)}")
    return UnitsAre(
        unit_type=kind,
        original_period=number(written["original_period"], "original_period"),
        applicable_period=number(written["applicable_period"], "applicable_period"),
        activity=_at_most(_ACTIVITIES, written, "activity"),
        project=written["project"],
        track=_at_most(_TRACKS, written, "track"),
        expiry=day(written["expiry"]),
    )


def _at_most(most: int, written: Mapping[str, str], column: str) -> int:
    found = number(written[column] or "0", column, least=0)
    if found > most:
        raise ValueError(f"{column} is {found}; expected at most {most}")
    return found


def _place(text: str, column: str) -> str:
    """An account, or a registry where only that is told."""
    if len(text) == len("GBR01"):
        return parse_registry_id(text, column)
    account = parse_account_id(text, column)
    parse_registry_id(registry_in(account), column)
    return account
