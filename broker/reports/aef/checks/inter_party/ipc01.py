# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""IPC01: what one Party transferred and what the other acquired are the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from broker.reports.aef.checks.casefile import Entry
from broker.reports.aef.checks.inquiry import Inquiry
from broker.reports.aef.checks.pairing import Pair, Side, quantity_of, sender_of
from broker.reports.aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    Reference,
    inconsistent,
    undetermined,
)
from broker.reports.aef.checks.wording import CITATION, cell, day, ids, number, units
from broker.reports.aef.model import ActionRow
from broker.reports.invariants.ranges import difference

_COMPARED: Final = {
    "cooperative approach": "cooperative_approach",
    "first transferring Party": "first_transferring_party",
    "metric": "metric",
    "non-GHG metric": "non_ghg_metric",
    "mitigation type": "mitigation_type",
    "vintage": "vintage",
}
"""Not the registry: that column says where each side tracked the action (footnote of table 3). The
originating registry is a part of the unit ids."""


def _said(side: Side, attribute: str) -> str:
    return ", ".join(sorted({cell(getattr(row, attribute)) for _, row in side}))


def _references(side: Side, text: str = "") -> tuple[Reference, ...]:
    return tuple(entry.reference(text or ids(row)) for entry, row in side)


def _run(inquiry: Inquiry) -> Iterator[Note]:
    pairing = inquiry.pairing
    for pair in pairing.pairs:
        yield from _compared(pair)
    yield from _not_covered(pairing.pairs)
    for entry, row in pairing.only_sent:
        yield _alone(inquiry, entry, row, row.acquiring_party, "an acquisition")
    for entry, row in pairing.only_received:
        yield _alone(inquiry, entry, row, sender_of(row), "a transfer")


def _differs(pair: Pair, what: str, theirs: str, ours: str, expected: str) -> Note:
    here = pair.received[0][0]
    return inconsistent(
        here.reference(f"{what} {theirs}"),
        f"{what}: {here.filed.party} reports {theirs}, {pair.sent[0][0].filed.party} {ours}",
        expected,
        *_references(pair.sent, f"{what} {ours}"),
    )


def _compared(pair: Pair) -> Iterator[Note]:
    if not pair.same_units:
        ours, theirs = (
            "; ".join(ids(row) for _, row in side) for side in (pair.sent, pair.received)
        )
        yield _differs(
            pair,
            "unit ids",
            theirs,
            ours,
            "the same ids on both sides; these rows are taken for the same units because approach,"
            " vintage, Parties and quantity agree",
        )
    for what, attribute in _COMPARED.items():
        ours, theirs = _said(pair.sent, attribute), _said(pair.received, attribute)
        if ours != theirs:
            yield _differs(pair, what, theirs, ours, f"the same {what} on both sides")
    yield from _dates(pair)
    yield from _authorizations(pair)
    yield from _quantities(pair)


def _dates(pair: Pair) -> Iterator[Note]:
    sent = {row.date for _, row in pair.sent}
    received = {row.date for _, row in pair.received}
    if None in sent | received:
        side = pair.sent if None in sent else pair.received
        yield undetermined(side[0][0].reference(), "the date of this action")
    elif sent != received:
        first, last = min(filter(None, sent)), max(filter(None, received))
        apart = abs((last - first).days)
        yield _differs(
            pair,
            "action date",
            ", ".join(map(day, sorted(filter(None, received)))),
            f"{', '.join(map(day, sorted(filter(None, sent))))}; {apart} days apart",
            "one date of transfer on both sides",
        )


def _authorizations(pair: Pair) -> Iterator[Note]:
    ours, theirs = (_said(side, "authorization_id") for side in (pair.sent, pair.received))
    if ours.casefold() != theirs.casefold():
        yield _differs(
            pair,
            "authorization id",
            theirs,
            ours,
            "on both sides the id that the first transferring Party gave its authorization",
        )


def _quantities(pair: Pair) -> Iterator[Note]:
    one_to_one = len(pair.sent) == 1 and len(pair.received) == 1
    if pair.same_units and not one_to_one:
        return
    ours, theirs = (sum(quantity_of(row) for _, row in s) for s in (pair.sent, pair.received))
    if ours != theirs:
        yield _differs(pair, "quantity", number(theirs), number(ours), "the same quantity")
    if pair.same_units:
        return
    spans = [sum(max(e.last - e.first + 1, 0) for e, _ in s) for s in (pair.sent, pair.received)]
    if all(spans) and spans[0] != spans[1]:
        yield _differs(
            pair, "serial numbers", number(spans[1]), number(spans[0]), "as many on both sides"
        )


def _not_covered(pairs: tuple[Pair, ...]) -> Iterator[Note]:
    """Units of a row for which the rows on the other side, taken together, do not account."""
    for side, other in (("sent", "received"), ("received", "sent")):
        answers: dict[Entry, set[Entry]] = defaultdict(set)
        for pair in pairs:
            if pair.same_units:
                for entry, _ in getattr(pair, side):
                    answers[entry].update(each for each, _ in getattr(pair, other))
        for entry, others in answers.items():
            left = difference([_span(entry)], [_span(each) for each in others])
            if left:
                answer = min(others, key=lambda each: each.first)
                yield inconsistent(
                    entry.reference(ids(entry.row)),
                    f"{units(left[0])} are not in the record of {answer.filed.party}",
                    "the same units on both sides",
                    answer.reference(ids(answer.row)),
                )


def _span(entry: Entry) -> tuple[str, int, int]:
    return entry.series, entry.first, entry.last


def _alone(inquiry: Inquiry, entry: Entry, row: ActionRow, party: str, wanted: str) -> Note:
    found = f"{row.type} of {number(quantity_of(row))}, {ids(row)}, on {day(row.date)}"
    absent = inquiry.file.absent(party, row.date.year if row.date else None)
    if absent:
        return undetermined(entry.reference(), absent, owner=party, found=found)
    filed = inquiry.file.covering(party, row.date.year) if row.date else None
    there = (
        (Reference(filed, text=f"table 3 has no such {wanted.rsplit(maxsplit=1)[-1]}"),)
        if filed
        else ()
    )
    return inconsistent(
        entry.reference(),
        f"{found}; {party} reports nothing like it",
        f"{wanted} of the same units by {party}",
        *there,
        owner=party,
    )


CHECK: Final = ConsistencyCheck(
    id="IPC01",
    title="Transfer and acquisition match",
    group=Group.INTER_PARTY,
    meaning="The records of the transferring and of the acquiring Party agree.",
    citation=CITATION,
    remedy="The two Parties agree on the record, and whoever was wrong submits a new version. What"
    " was transferred and not recognised yet is reported once both have recognised it.",
    run=_run,
)
