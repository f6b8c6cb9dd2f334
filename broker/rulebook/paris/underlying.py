# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What stands behind a block: units of a crediting programme, or a CER of the Kyoto registries.

Either is kept in one normal form, beside the words as written, so that it is the same unit however
it is spelled, and stands behind one unit only.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

from broker.rulebook.paris.attributes import Attributes, Underlying
from broker.rulebook.paris.kyoto_serial import CDM, kyoto_serial
from itmo.programmes import BATCH
from itmo.underlying import NOT_GIVEN, UnderlyingRange, read_underlying, unit_id

_NUMBER: Final = re.compile(r"[0-9](?:[0-9,.'\u2019]*[0-9])?", re.ASCII)
_KEPT: Final = 4_096
"""Readings kept: one proposal is read in several places."""


def given(written: Underlying | None) -> bool:
    """True when any part names something; NA and empty text name nothing."""
    return written is not None and not NOT_GIVEN.issuperset(
        {written.registry, written.first_unit_id, written.last_unit_id}
    )


def underlying_range(written: Underlying | None) -> UnderlyingRange | None:
    """Underlying units in their normal form; None where there is none."""
    if written is None or not given(written):
        return None
    read = read_underlying(written.registry, written.first_unit_id, written.last_unit_id)
    return read if isinstance(read, UnderlyingRange) else None


def underlying_fault(written: Underlying) -> str:
    """Why underlying units have no normal form, with what was understood; empty where they have one."""
    read = read_underlying(written.registry, written.first_unit_id, written.last_unit_id)
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
