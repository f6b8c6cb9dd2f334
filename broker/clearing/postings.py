# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Postings of a transaction in their stored form: compact JSON, written and read in one place."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode

from broker.clearing.rows import (
    PlannedAllotment,
    PlannedBooking,
    PlannedIssue,
    Postings,
)
from itmo.serials import SerialRange


def to_text(postings: Postings) -> str:
    """The stored form."""
    return json.dumps(
        {
            "blocks": [[registry, r.first, r.last] for registry, r in postings.blocks],
            "issues": [
                [
                    i.registry,
                    i.first,
                    i.last,
                    b64encode(i.attributes).decode(),
                    i.vintage,
                    i.party,
                    i.authorization_id,
                    i.authorization_version,
                ]
                for i in postings.issues
            ],
            "first": [[registry, r.first, r.last] for registry, r in postings.first_transfer],
            "entries": [
                [
                    e.party,
                    e.year,
                    e.quantity,
                    e.kind,
                    e.metric,
                    e.registry,
                    e.first,
                    e.last,
                    e.generation,
                ]
                for e in postings.entries
            ],
            "tallies": postings.tallies,
            "reserves": postings.reserves,
            "undone": [
                [registry, r.first, r.last] for registry, r in postings.first_transfer_undone
            ],
            "reverses": postings.reverses,
            "allotments": [
                [a.registry, a.first, a.last, a.account_id] for a in postings.allotments
            ],
            "notice": postings.notice_id,
            "entity": postings.entity,
        },
        separators=(",", ":"),
    )


def from_text(text: str) -> Postings:
    """Reads the stored form; the broker wrote it, so a broken one is a damaged database."""
    tree = json.loads(text)
    return Postings(
        blocks=tuple((registry, SerialRange(a, b)) for registry, a, b in tree["blocks"]),
        issues=tuple(
            PlannedIssue(registry, first, last, b64decode(attributes), *rest)
            for registry, first, last, attributes, *rest in tree["issues"]
        ),
        first_transfer=tuple((registry, SerialRange(a, b)) for registry, a, b in tree["first"]),
        entries=tuple(PlannedBooking(*entry) for entry in tree["entries"]),
        tallies=tuple((name, n) for name, n in tree["tallies"]),
        reserves=tuple((name, n) for name, n in tree["reserves"]),
        first_transfer_undone=tuple(
            (registry, SerialRange(a, b)) for registry, a, b in tree["undone"]
        ),
        reverses=tree["reverses"],
        allotments=tuple(PlannedAllotment(*each) for each in tree["allotments"]),
        notice_id=tree["notice"],
        entity=tree["entity"],
    )
