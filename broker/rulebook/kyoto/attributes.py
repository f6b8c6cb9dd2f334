# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is true of every unit of a block, and how the part of it that may change is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date

from broker.rulebook.kyoto.codes import Track, UnitType


@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoAttributes:
    """What is true of every unit; None, 0 where a proposer left it out or a type has none.

    Attributes:
        unit_type: May change by conversion.
        original_period: Commitment period for which it was issued.
        applicable_period: Commitment period in which it is valid; changes when it is carried over.
        activity: Land-use activity, 1 to 7.
        project: Number of the project in its host country.
        track: Who verified the project.
        expiry: Day after which a temporary unit no longer counts.
        transferred: Whether it has left its Party; known of AAUs and of ERUs of the second track.
        for_share: Whether it was converted to be given as a share of proceeds.
        changed_by: The transaction that made of it what it is; empty: its issuance.
        replaced_by: The transaction by which other units came in its place; empty: none did.
    """

    unit_type: UnitType | None = None
    original_period: int = 0
    applicable_period: int = 0
    activity: int = 0
    project: int = 0
    track: Track | None = None
    expiry: date | None = None
    # What nobody states of units, so that it makes no difference to what is stated.
    transferred: bool = field(default=False, compare=False)
    for_share: bool = field(default=False, compare=False)
    changed_by: str = field(default="", compare=False)
    replaced_by: str = field(default="", compare=False)

    def expired(self, today: date) -> bool:
        """True of temporary units that no longer count."""
        return self.expiry is not None and self.expiry < today


def state_of(units: KyotoAttributes) -> str:
    """What may change of units, as canonical JSON: short keys in their order, nothing empty."""
    kept = {
        "by": units.changed_by,
        "expiry": units.expiry.isoformat() if units.expiry else None,
        "period": units.applicable_period,
        "project": units.project,
        "replaced": units.replaced_by,
        "share": int(units.for_share),
        "track": units.track,
        "transferred": int(units.transferred),
        "type": units.unit_type,
    }
    said = {key: value for key, value in kept.items() if value}
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def with_state(issued: KyotoAttributes, state: str) -> KyotoAttributes:
    """The units as they are now: as issued, with what has changed since."""
    kept = json.loads(state)
    expiry, track = kept.get("expiry"), kept.get("track")
    return replace(
        issued,
        unit_type=UnitType(kept["type"]),
        applicable_period=kept["period"],
        project=kept.get("project", 0),
        track=Track(track) if track else None,
        expiry=date.fromisoformat(expiry) if expiry else None,
        transferred=bool(kept.get("transferred")),
        for_share=bool(kept.get("share")),
        changed_by=kept.get("by", ""),
        replaced_by=kept.get("replaced", ""),
    )
