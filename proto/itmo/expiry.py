# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What ends and how near that is: 60, 30 and 7 days before, and when it has come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from itmo.clock import to_text
from itmo.validity import Validity

TOLD_BEFORE: Final = (timedelta(days=60), timedelta(days=30), timedelta(days=7))
"""How long before the end it is told. Two months are enough to reach people of an administration over
its holidays; a week is the last moment at which a renewal needs no haste."""
_DAY: Final = timedelta(days=1)


class Thing(StrEnum):
    """What ends."""

    TLS_CERTIFICATE = "TLS_CERTIFICATE"
    TLS_AUTHORITY = "TLS_AUTHORITY"
    SIGNING_KEY = "SIGNING_KEY"
    OPERATOR_KEY = "OPERATOR_KEY"


_WORDS: Final = {
    Thing.TLS_CERTIFICATE: "TLS certificate",
    Thing.TLS_AUTHORITY: "TLS authority",
    Thing.SIGNING_KEY: "signing key",
    Thing.OPERATOR_KEY: "operator's key",
}


class Nearness(StrEnum):
    """How near the end is; the names are those of status, logs and metrics."""

    FAR = "FAR"
    WITHIN_60_DAYS = "WITHIN_60_DAYS"
    WITHIN_30_DAYS = "WITHIN_30_DAYS"
    WITHIN_7_DAYS = "WITHIN_7_DAYS"
    ENDED = "ENDED"
    NOT_YET = "NOT_YET"


UNUSABLE: Final = frozenset({Nearness.ENDED, Nearness.NOT_YET})
"""Of what is needed now: nothing works with it."""
_STEPS: Final = (Nearness.WITHIN_60_DAYS, Nearness.WITHIN_30_DAYS, Nearness.WITHIN_7_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """Something with an end, at a moment.

    Attributes:
        thing: What it is.
        owner: The node whose it is; of an authority, the network.
        validity: From when until when it is good.
        now: The moment: of the machine's clock for TLS, of the network's for keys.
        own: True where this program cannot work without it; false where others cannot.
    """

    thing: Thing
    owner: str
    validity: Validity
    now: datetime
    own: bool = True

    @property
    def nearness(self) -> Nearness:
        """How near the end is."""
        if self.now < self.validity.not_before:
            return Nearness.NOT_YET
        left = self.validity.not_after - self.now
        if left <= timedelta(0):
            return Nearness.ENDED
        near = Nearness.FAR
        for before, step in zip(TOLD_BEFORE, _STEPS, strict=True):
            if left <= before:
                near = step
        return near

    def sentence(self) -> str:
        """Says in words what ends and when."""
        first, end = self.validity.not_before, self.validity.not_after
        what = f"The {_WORDS[self.thing]} of {self.owner} ({self.validity.what})"
        if self.now < first:
            return f"{what} is good from {to_text(first)} on, not yet."
        days = abs(end - self.now) // _DAY
        counted = f"{days} day{'' if days == 1 else 's'}"
        if end <= self.now:
            return f"{what} ended {f'{counted} ago' if days else 'today'}, {to_text(end)}."
        return f"{what} ends {f'in {counted}' if days else 'today'}, {to_text(end)}."


def last_of_each(found: Iterable[Expiring]) -> list[Expiring]:
    """Returns of all that one owner has for one thing what ends last: what was replaced is no end."""
    last: dict[tuple[Thing, str], Expiring] = {}
    for each in found:
        known = last.get((each.thing, each.owner))
        if known is None or each.validity.not_after > known.validity.not_after:
            last[each.thing, each.owner] = each
    return list(last.values())
