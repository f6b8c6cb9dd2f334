# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units of a crediting programme in one normal form, however their ids are spelled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from itmo import limits
from itmo.nomenclature import UNDERLYING_REGISTRIES
from itmo.programmes import (
    BATCH,
    FORMS,
    UnitName,
    programme_of,
    programme_told,
    unit_name,
)
from itmo.reasons import named
from itmo.unit_spelling import NotReadError, normal_text

NOT_GIVEN: Final = frozenset({"", "NA"})
"""What names nothing."""
_KEPT: Final = 4_096
"""Readings kept: one proposal is read in several places."""


@dataclass(frozen=True, slots=True, order=True)
class UnderlyingRange:
    """Numbered underlying units in their normal form.

    Attributes:
        registry: The programme, by its name in common nomenclatures item 31, or the CDM.
        series_name: What the numbers count in, with {n} for the number and {b} for the batch.
        first: Number of the first unit; in a batch batch * BATCH + number.
        last: Number of the last one.
        step: BATCH where the range is one unit of each batch, else 1.
    """

    registry: str
    series_name: str
    first: int
    last: int
    step: int = 1

    @property
    def series(self) -> tuple[str, str]:
        """What two ids have in common when their units are counted in one row."""
        return self.registry, self.series_name

    @property
    def place(self) -> tuple[str, str, int, int]:
        """Series and numbers, as they are looked up."""
        return *self.series, self.first, self.last

    @property
    def quantity(self) -> int:
        """Number of units."""
        return (self.last - self.first) // self.step + 1

    def overlaps(self, other: UnderlyingRange) -> bool:
        """True when a unit is in both, or lies between units of a range over batches."""
        return self.series == other.series and self.first <= other.last and other.first <= self.last

    def shared(self, other: UnderlyingRange) -> UnderlyingRange | None:
        """The units that are in both."""
        low, high = max(self.first, other.first), min(self.last, other.last)
        for grid in (self, other):
            low += (grid.first - low) % grid.step
            high -= (high - grid.first) % grid.step
        if self.series != other.series or low > high or (low - self.first) % self.step:
            return None
        step = max(self.step, other.step) if low < high else 1
        return UnderlyingRange(*self.series, low, high, step)

    def contains(self, other: UnderlyingRange) -> bool:
        """True when every unit of the other range is in this one."""
        return self.shared(other) == other

    def serials(self, issued_first: int, part: UnderlyingRange) -> tuple[int, int] | None:
        """Serial numbers of units in a block that begins there, behind which units of `part` stand."""
        both = self.shared(part)
        if both is None:
            return None
        low = issued_first + (both.first - self.first) // self.step
        return low, low + (both.quantity - 1)


def unit_id(units: UnderlyingRange, number: int) -> str:
    """The normal form of the id of one unit of the range."""
    batched = "{b}" in units.series_name
    batch, place = divmod(number, BATCH) if batched else (0, number)
    return units.series_name.replace("{b}", str(batch)).replace("{n}", str(place))


def read_underlying(registry: str, first: str, last: str) -> UnderlyingRange | str:
    """Numbered units in their normal form, or why they have none, with what was understood.

    Args:
        registry: The programme, as written.
        first: Id of the first unit, as written.
        last: Id of the last one.
    """
    longest = max(len(first), len(last))
    if longest > limits.MAX_UNIT_ID or len(registry) > limits.MAX_IDENTIFIER:
        return f"an id has {longest} characters; at most {limits.MAX_UNIT_ID} are taken"
    return _read_short(registry, first, last)


@lru_cache(maxsize=_KEPT)
def _read_short(registry: str, first_id: str, last_id: str) -> UnderlyingRange | str:
    programme = programme_of(registry)
    if programme is None:
        listed = ", ".join(UNDERLYING_REGISTRIES)
        return f"{named(registry)} is read as no programme; expected one of {listed}"
    if NOT_GIVEN & {first_id, last_id}:
        return "one of the two ids is missing"
    try:
        texts = normal_text(first_id), normal_text(last_id)
    except NotReadError as error:
        return str(error)
    for text in texts:
        if (told := programme_told(text)) not in (None, programme):
            return f"it is read as {text}, an id of {told}; expected one of {programme}"
    first, last = (unit_name(programme, text) for text in texts)
    if first is None or last is None:
        text = texts[0] if first is None else texts[1]
        examples = " or ".join(form.example for form in FORMS[programme])
        return f"it is read as {text}; ids of {programme} look like {examples}"
    read = _between(programme, first, last)
    return read or (
        f"they are read as {texts[0]} and {texts[1]}; expected two ids that differ in one number"
        " only, in ascending order"
    )


def _between(programme: str, first: UnitName, last: UnitName) -> UnderlyingRange | None:
    if first.around != last.around or not first.first <= first.last or not last.first <= last.last:
        return None
    step = 1
    if first.batch != last.batch:  # one unit of each batch
        if not first.first == first.last == last.first == last.last:
            return None
        step = BATCH
    low, high = first.batch * BATCH + first.first, last.batch * BATCH + last.last
    if low > high or first.first > last.first or first.last > last.last:
        return None
    return UnderlyingRange(programme, first.series, low, high, step)
