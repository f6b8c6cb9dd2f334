# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Postings of a transaction in their stored form: compact JSON, written and read in one place."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from broker.regime.postings import Beginning, Booking, Issue, Lookup, Move, Postings, Restate, Units
from itmo.serials import SerialRange, merge

Range = tuple[str, int, int]


_KEPT: Final = 4_096
"""Postings kept as they were read or written: of what waits to be accepted; two kilobytes each."""
_read: Final[dict[str, Postings]] = {}


def to_text(postings: Postings) -> str:
    """The stored form."""
    text = _WRITTEN(_tree(postings))
    _keep(text, postings)
    return text


_WRITTEN: Final = json.JSONEncoder(separators=(",", ":")).encode


def _tree(postings: Postings) -> dict[str, object]:
    tree: dict[str, object] = {
        "issues": [
            [
                *_range(i.units),
                i.to_account,
                b64encode(i.attributes).decode(),
                i.state,
                [[each.space, each.name, each.low, each.high] for each in i.lookups],
            ]
            for i in postings.issues
        ],
        "moves": [[*_range(m.units), m.from_account, m.to_account] for m in postings.moves],
        "restates": [[*_range(r.units), r.before, r.after] for r in postings.restates],
        "tallies": postings.tallies,
        "reserves": postings.reserves,
        "bookings": [
            [*_range(b.units), b.party, b.year, b.quantity, b.kind, b.metric, b.generation]
            for b in postings.bookings
        ],
        "reverses": postings.reverses,
        "notice": postings.notice_id,
        "terms": postings.terms,
    }
    begins = postings.begins
    if begins is not None:
        tree["begins"] = _tree(begins.postings)
        tree["begins_under"], tree["ending_account"] = begins.rulebook, begins.ending_account
    return tree


def from_text(text: str) -> Postings:
    """Reads the stored form; the broker wrote it, so a broken one is a damaged database."""
    kept = _read.get(text)
    return _keep(text, parsed(text)) if kept is None else kept


def parsed(text: str) -> Postings:
    """As `from_text`, whatever was read or written before."""
    return _postings(json.loads(text))


def _keep(text: str, postings: Postings) -> Postings:
    if len(_read) >= _KEPT:
        _read.clear()
    _read[text] = postings
    return postings


def _postings(tree: dict[str, Any]) -> Postings:
    begins = tree.get("begins")
    return Postings(
        issues=tuple(
            Issue(
                _units(units),
                to_account,
                b64decode(attributes),
                state,
                tuple(Lookup(*each) for each in lookups),
            )
            for *units, to_account, attributes, state, lookups in tree["issues"]
        ),
        moves=tuple(Move(_units(units), giver, taker) for *units, giver, taker in tree["moves"]),
        restates=tuple(
            Restate(_units(units), before, after) for *units, before, after in tree["restates"]
        ),
        tallies=tuple((name, n) for name, n in tree["tallies"]),
        reserves=tuple((name, n) for name, n in tree["reserves"]),
        bookings=tuple(
            Booking(
                party, year, quantity, kind, metric, Units(registry, SerialRange(first, last)), n
            )
            for registry, first, last, party, year, quantity, kind, metric, n in tree["bookings"]
        ),
        reverses=tree["reverses"],
        notice_id=tree["notice"],
        terms=tree["terms"],
        begins=None
        if begins is None
        else Beginning(tree["begins_under"], tree["ending_account"], _postings(begins)),
    )


def locked_by(postings: Postings) -> Iterator[Units]:
    """The live units that a transaction keeps while it waits: those that it moves or restates.

    What it issues itself does not live yet.
    """
    if len(postings.moves) == 1 and not postings.issues:  # nearly always, and soon said
        (move,) = postings.moves
        if all(_within(each.units, move.units) for each in postings.restates):
            yield move.units
            return
    named: dict[str, list[SerialRange]] = defaultdict(list)
    changed = (each.units for each in chain[Move | Restate](postings.moves, postings.restates))
    for units in changed:
        named[units.registry].append(units.range)
    for registry, ranges in named.items():
        kept = merge(ranges)
        for issue in postings.issues:
            if issue.units.registry == registry:
                kept = tuple(left for run in kept for left in run.subtract(issue.units.range))
        yield from (Units(registry, run) for run in kept)


def _within(part: Units, units: Units) -> bool:
    return part.registry == units.registry and units.range.contains(part.range)


def _range(units: Units) -> Range:
    return units.registry, units.range.first, units.range.last


def _units(written: list[object]) -> Units:
    registry, first, last = written
    return Units(registry, SerialRange(first, last))  # type: ignore[arg-type]  # as `_range` wrote it
