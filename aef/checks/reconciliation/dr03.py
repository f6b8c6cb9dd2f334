# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""DR03: between two Parties, as much was acquired as transferred."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from aef.checks.authorizing import classification, is_listed
from aef.checks.balancing import bucket_of, unfit
from aef.checks.casefile import Entry
from aef.checks.inquiry import Inquiry
from aef.checks.pairing import is_received, is_sent, quantity_of, sender_of
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    Reference,
    inconsistent,
    undetermined,
)
from aef.checks.wording import CITATION, number

Route = tuple[str, str, str]
"""Sender, receiver, cooperative approach."""


@dataclass(slots=True)
class Flow:
    """What went along a route."""

    sent: list[Entry] = field(default_factory=list)
    received: list[Entry] = field(default_factory=list)


def _flows(inquiry: Inquiry) -> dict[Route, Flow]:
    found: dict[Route, Flow] = defaultdict(Flow)
    for entry, row in inquiry.file.actions:
        approach = row.cooperative_approach
        if is_sent(entry.filed, row):
            found[entry.filed.party, row.acquiring_party, approach].sent.append(entry)
        elif is_received(entry.filed, row):
            found[sender_of(row), entry.filed.party, approach].received.append(entry)
    return found


def _totals(inquiry: Inquiry, flow: Flow) -> Iterator[tuple[str, int, int]]:
    """By metric, sector and activity type; by metric alone where not every row has these of the list."""
    buckets = {each: bucket_of(inquiry, each) for each in (*flow.sent, *flow.received)}
    known = all(is_listed(classification(inquiry.authorizations, each)) for each in buckets)
    labels = {each: ", ".join(bucket if known else bucket[:1]) for each, bucket in buckets.items()}
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for side, entries in enumerate((flow.sent, flow.received)):
        for entry in entries:
            sums[labels[entry]][side] += _quantity(entry)
    for label, (sent, received) in sums.items():
        yield label, sent, received


def _quantity(entry: Entry) -> int:
    return quantity_of(entry.row)


def _run(inquiry: Inquiry) -> Iterator[Note]:
    in_flight = {entry for entry, _ in inquiry.pairing.only_sent}
    for (sender, receiver, approach), flow in _flows(inquiry).items():
        missing = False
        for entries, other in ((flow.sent, receiver), (flow.received, sender)):
            for entry in entries:
                year = entry.on.year if entry.on else None
                if absent := inquiry.file.absent(other, year):
                    missing = True
                    yield undetermined(entry.reference(field="date"), absent, owner=other)
        if missing:
            continue
        for label, sent, received in _totals(inquiry, flow):
            if sent == received:
                continue
            waiting = sum(_quantity(each) for each in flow.sent if each in in_flight)
            ours, theirs = (
                [Reference(each) for each in dict.fromkeys(e.filed for e in entries)]
                for entries in (flow.sent, flow.received)
            )
            sides = [*ours, *theirs]
            whose = unfit(inquiry, (each.filed for each in sides))
            here, *there = sorted(sides, key=lambda each: each.filed is not whose)
            # What one side does not have at all, that side is to report.
            owner = sender if not flow.sent else receiver if not flow.received else ""
            yield inconsistent(
                here,
                f"{approach}, {sender} to {receiver}, {label}: transferred {number(sent)}, acquired"
                f" {number(received)}; on the way, without an acquisition: {number(waiting)}",
                "as much acquired as transferred",
                *there,
                owner=owner,
            )


CHECK: Final = ConsistencyCheck(
    id="DR03",
    title="As much acquired as transferred",
    group=Group.RECONCILIATION,
    meaning="Per pair of Parties, approach, metric, sector and activity type: transferred ="
    " acquired.",
    citation=CITATION,
    remedy="Clear the findings of IPC01 between the two Parties first; they name the rows.",
    run=_run,
)
