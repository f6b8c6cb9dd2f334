# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What stands behind a block: units of a crediting programme, or a CER of the Kyoto registries.

Either is kept in one normal form, beside the words as written, so that it is the same unit however
it is spelled, and stands behind one unit only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from broker.rulebook.paris.attributes import Attributes, Underlying
from broker.rulebook.paris.kyoto_serial import CDM, kyoto_serial
from broker.rulebook.paris.programmes import (
    BATCH,
    FORMS,
    UnitName,
    programme_of,
    programme_told,
    unit_name,
)
from broker.rulebook.paris.unit_spelling import NotReadError, normal_text
from broker.rulebook.paris.wording import name
from itmo import limits
from itmo.nomenclature import UNDERLYING_REGISTRIES

_NOT_GIVEN: Final = frozenset({"", "NA"})
_NUMBER: Final = re.compile(r"[0-9](?:[0-9,.'\u2019]*[0-9])?", re.ASCII)
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


def given(written: Underlying | None) -> bool:
    """True when any part names something; NA and empty text name nothing."""
    return written is not None and not _NOT_GIVEN.issuperset(
        {written.registry, written.first_unit_id, written.last_unit_id}
    )


def unit_id(units: UnderlyingRange, number: int) -> str:
    """The normal form of the id of one unit of the range."""
    batched = "{b}" in units.series_name
    batch, place = divmod(number, BATCH) if batched else (0, number)
    return units.series_name.replace("{b}", str(batch)).replace("{n}", str(place))


def underlying_range(written: Underlying | None) -> UnderlyingRange | None:
    """Underlying units in their normal form; None where there is none."""
    if written is None or not given(written):
        return None
    read = _read(written)
    return read if isinstance(read, UnderlyingRange) else None


def underlying_fault(written: Underlying) -> str:
    """Why underlying units have no normal form, with what was understood; empty where they have one."""
    read = _read(written)
    return read if isinstance(read, str) else ""


def standing_behind(stated: Attributes) -> UnderlyingRange | None:
    """What a unit with these attributes stands for in another system, if it can be read."""
    if stated.cer is None:
        return underlying_range(stated.underlying)
    serial = kyoto_serial(stated.cer.kyoto_serial)
    if isinstance(serial, str):
        return None
    return UnderlyingRange(CDM, serial.series, serial.first, serial.last)


def ids_as_written(
    written: Underlying, behind: UnderlyingRange, first: int, last: int
) -> tuple[str, str]:
    """Ids of a part of underlying units, around the numbers as they were written for all of them.

    Args:
        written: All underlying units of the block.
        behind: The same in normal form.
        first: Place of the first unit of the part, from 0.
        last: Place of the last one.
    """
    numbers = [behind.first + place * behind.step for place in (first, last)]
    pieces = _around(written, behind)
    if not pieces:
        return unit_id(behind, numbers[0]), unit_id(behind, numbers[1])
    low, high = (str(_counted(behind, number)) for number in numbers)
    return low.join(pieces), high.join(pieces)


def _counted(units: UnderlyingRange, number: int) -> int:
    """The number that goes up from unit to unit."""
    if "{b}" not in units.series_name:
        return number
    batch, place = divmod(number, BATCH)
    return batch if units.step == BATCH else place


def _read(written: Underlying) -> UnderlyingRange | str:
    longest = max(len(written.first_unit_id), len(written.last_unit_id))
    if longest > limits.MAX_UNIT_ID or len(written.registry) > limits.MAX_IDENTIFIER:
        return f"an id has {longest} characters; at most {limits.MAX_UNIT_ID} are taken"
    return _read_short(written)


@lru_cache(maxsize=_KEPT)
def _read_short(written: Underlying) -> UnderlyingRange | str:
    programme = programme_of(written.registry)
    if programme is None:
        listed = ", ".join(UNDERLYING_REGISTRIES)
        return f"{name(written.registry)} is read as no programme; expected one of {listed}"
    if _NOT_GIVEN & {written.first_unit_id, written.last_unit_id}:
        return "one of the two ids is missing"
    try:
        texts = normal_text(written.first_unit_id), normal_text(written.last_unit_id)
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


@lru_cache(maxsize=_KEPT)
def _around(written: Underlying, behind: UnderlyingRange) -> tuple[str, ...]:
    """What is written around the number that counts: found by writing another number there.

    An id that names a block has the number twice; that of one unit of it has it twice too.
    """
    text, probe = written.first_unit_id, behind.first + behind.step
    found = list(_NUMBER.finditer(text))
    for first, last in [*zip(found, found, strict=True), *pairwise(found)][::-1]:
        inner = (text[first.end() : last.start()],) if first is not last else ()
        pieces = (text[: first.start()], *inner, text[last.end() :])
        tried = str(_counted(behind, probe)).join(pieces)
        alone = underlying_range(Underlying(written.registry, tried, tried))
        if alone == UnderlyingRange(*behind.series, probe, probe):
            return pieces
    return ()
