# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""IPC01: what one Party transferred and what the other acquired are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from aef.checks.balancing import miscounted
from aef.checks.casefile import Entry
from aef.checks.inquiry import Inquiry
from aef.checks.lacking import lacking
from aef.checks.pairing import (
    Pair,
    Side,
    Uncovered,
    own_metric,
    quantity_of,
    sender_of,
)
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    Reference,
    inconsistent,
    undetermined,
)
from aef.checks.wording import CITATION, cell, day, ids, number, units
from aef.model import ActionRow

_COMPARED: Final = {
    "cooperative approach": "cooperative_approach",
    "first transferring Party": "first_transferring_party",
    "metric": "metric",
    "non-GHG metric": "non_ghg_metric",
    "mitigation type": "mitigation_type",
    "vintage": "vintage",
}
"""Not the registry: that column says where each side tracked the action (footnote of table 3). The
originating registry is a part of the unit ids. Nor the authorization: each Party gives the id that it
assigned itself (common nomenclatures, authorization ID)."""

_FIELDS: Final = {
    **_COMPARED,
    "unit ids": "first_id",
    "action date": "date",
    "quantity": "quantity",
    "serial numbers": "first_id",
}
"""The field whose cell is named, by what is compared."""

Wording = Callable[[ActionRow], str]


def _said(side: Side, wording: Wording) -> str:
    return "; ".join(sorted({wording(row) for _, row in side}))


def _run(inquiry: Inquiry) -> Iterator[Note]:
    pairing = inquiry.pairing
    for pair in pairing.pairs:
        yield from _compared(pair)
    yield from _not_covered(pairing.uncovered)
    for entry, row in pairing.only_sent:
        yield _alone(inquiry, entry, row, row.acquiring_party, "an acquisition")
    for entry, row in pairing.only_received:
        yield _alone(inquiry, entry, row, sender_of(row), "a transfer")


def _differs(pair: Pair, what: str, wording: Wording, expected: str, more: str = "") -> Note:
    one, other = _sides(pair)
    return inconsistent(
        one[0][0].reference(f"{what} {wording(one[0][1])}", _FIELDS[what]),
        f"{what}: {_party(one)} reports {_said(one, wording)},"
        f" {_party(other)} {_said(other, wording)}{more}",
        expected,
        *(entry.reference(f"{what} {wording(row)}", _FIELDS[what]) for entry, row in other),
    )


def _sides(pair: Pair) -> tuple[Side, Side]:
    """The side that is to act and the other one: who acquired, if the sender's rows fit themselves."""
    senders, receivers = ([entry for entry, _ in side] for side in (pair.sent, pair.received))
    if any(map(miscounted, senders)) and not any(map(miscounted, receivers)):
        return pair.sent, pair.received
    return pair.received, pair.sent


def _party(side: Side) -> str:
    return side[0][0].filed.party


def _compared(pair: Pair) -> Iterator[Note]:
    if not pair.same_units:
        yield _differs(
            pair,
            "unit ids",
            ids,
            "the same ids on both sides; these rows are taken for the same units because approach,"
            " vintage, Parties and quantity agree",
        )
    for what, attribute in _COMPARED.items():
        wording = _cell_of(attribute)
        if _said(pair.sent, wording) != _said(pair.received, wording):
            yield _differs(pair, what, wording, f"the same {what} on both sides")
    yield from _dates(pair)
    yield from _quantities(pair)


def _cell_of(attribute: str) -> Wording:
    if attribute == "non_ghg_metric":
        return lambda row: cell(own_metric(row))
    return lambda row: cell(getattr(row, attribute))


def _dates(pair: Pair) -> Iterator[Note]:
    sent = {row.date for _, row in pair.sent}
    received = {row.date for _, row in pair.received}
    if None in sent | received:
        side = pair.sent if None in sent else pair.received
        yield from lacking(side[0][0], "date")
    elif sent != received:
        first, last = min(filter(None, sent)), max(filter(None, received))
        yield _differs(
            pair,
            "action date",
            lambda row: day(row.date),
            "one date of transfer on both sides",
            f"; {abs((last - first).days)} days apart",
        )


def _quantities(pair: Pair) -> Iterator[Note]:
    if not pair.whole:
        return
    counts: list[tuple[str, Callable[[Entry, ActionRow], int]]] = [
        ("quantity", lambda _, row: quantity_of(row))
    ]
    if not pair.same_units:
        counts.append(("serial numbers", lambda entry, _: max(entry.last - entry.first + 1, 0)))
    for what, count in counts:
        one, other = _sides(pair)
        here, there = (sum(count(entry, row) for entry, row in side) for side in (one, other))
        if here == there or not (here and there):
            continue
        yield inconsistent(
            one[0][0].reference(f"{what} {number(here)}", _FIELDS[what]),
            f"{what}: {_party(one)} reports {number(here)}, {_party(other)} {number(there)}",
            "as many on both sides",
            *(
                entry.reference(f"{what} {number(count(entry, row))}", _FIELDS[what])
                for entry, row in other
            ),
        )


def _not_covered(uncovered: tuple[Uncovered, ...]) -> Iterator[Note]:
    for left, entry, answer in uncovered:
        sides = [entry, answer]
        if miscounted(answer) and not miscounted(entry):
            sides.reverse()
        here, there = (each.reference(ids(each.row), "first_id") for each in sides)
        yield inconsistent(
            here,
            f"{units(left)} are not in the record of {answer.filed.party}",
            "the same units on both sides",
            there,
        )


def _alone(inquiry: Inquiry, entry: Entry, row: ActionRow, party: str, wanted: str) -> Note:
    found = f"{row.type} of {number(quantity_of(row))}, {ids(row)}, on {day(row.date)}"
    if row.date is None:
        return replace(next(lacking(entry, "date")), found=found)
    absent = inquiry.file.absent(party, row.date.year)
    if absent:
        return undetermined(entry.reference(), absent, owner=party, found=found)
    filed = inquiry.file.covering(party, row.date.year)
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
