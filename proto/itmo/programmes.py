# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The crediting programmes, and how each writes the ids of its units.

The shapes are those of ids that are public: in agreed electronic formats (ART, T-VER), in the
corresponding-adjustment workbook of the Gold Standard and Verra (GS), in the registries' own pages
(VCS, ACR, CAR). Of the other programmes no id is public; they are read by what ids have in common.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from itmo.nomenclature import UNDERLYING_REGISTRIES

BATCH: Final = 10**9
"""More units than any batch has. A unit of a batch is counted as batch * BATCH + number."""

_N: Final = r"[0-9]{1,18}"
"""A longer number is no count of units, and would not fit where ranges are stored."""
_SHORT: Final = r"[0-9]{1,9}"
"""A number of a batch, or of a unit in one."""
_TO: Final = rf"(?P<first>{_N})(?:-(?P<last>{_N}))?"


@dataclass(frozen=True, slots=True)
class Form:
    """One way in which ids are written.

    Attributes:
        pattern: Of the normal text. The group `first` is the number of the unit, `last` where the
            id names a block the number of its last one, `batch` what numbers begin anew in.
        example: An id of this form.
        series: What the numbers count in, with {n} for the number and {b} for the batch. Empty
            where that is all of the id that is no number.
    """

    pattern: re.Pattern[str]
    example: str
    series: str = ""


@dataclass(frozen=True, slots=True)
class UnitName:
    """What an id says.

    Attributes:
        series: See `Form`.
        around: What is around the numbers; the first and the last id of a range have it in common.
        batch: 0 where units are not counted in batches.
        first: Number of the unit, or of the first unit of a block.
        last: Number of the last one.
    """

    series: str
    around: str
    batch: int
    first: int
    last: int


def _form(pattern: str, example: str, series: str = "") -> Form:
    return Form(re.compile(pattern, re.ASCII), example, series)


_OWN_FORMS: Final[dict[str, tuple[Form, ...]]] = {
    "ACR": (_form(rf"ACR-[A-Z]{{2}}-[0-9]+-[0-9]{{4}}-[0-9]+-{_TO}", "ACR-US-934-2024-2891-58384"),),
    "ART": (_form(rf"ART-[A-Z]{{2}}-[0-9]+-[0-9]{{4}}-[0-9]+-{_TO}", "ART-GY-102-2021-11-1"),),
    "CAR": (_form(rf"CAR(?:-[A-Z0-9]+){{8}}-{_TO}",
                  "CAR-1-US-1480-46-1156-FL-2026-10272-852724"),),
    "GS": (_form(rf"GS[0-9]+-[0-9]+-[A-Z]{{2}}-GS[0-9]+-[0-9]+-[0-9]{{4}}-(?P<batch>{_SHORT})"
                 rf"-(?P<first>{_SHORT})(?:-(?P<last>{_SHORT}))?",
                 "GS1-1-KE-GS7495-16-2025-30645-608"),),
    # Numbers go on from project to project: S0333 ends at 16829923 and S0334 begins at 16829924.
    "T-VER": (_form(r"TH[0-9]+-[A-Z]+-S[0-9]+(?:-[0-9]{1,4}){0,2}-(?P<first>[0-9]{5,18})"
                    r"(?:-[0-9]-[0-9])?", "TH1-BCH-S0333-57-2022-16829005-1-0", "T-VER-{n}"),),
    # Batch, first and last; numbers go on from batch to batch.
    "VCS": (_form(rf"[0-9]+-(?P<first>{_N})-(?P<last>{_N})(?:-VCS)?-VCU-[A-Z0-9-]+",
                  "9660-115597313-115618057-VCS-VCU-261-VER-US-14-1060-01012019-31122019-0",
                  "VCU-{n}"),
            _form(rf"VCU-{_TO}", "VCU-115597313", "VCU-{n}")),
}  # fmt: skip
"""Of programmes with ids that are known."""


def _plain_forms(head: str, example: str, series: str = "") -> tuple[Form, ...]:
    """The last number counts, in batches that the number before it counts where there is one."""
    return (
        _form(rf"{head}-(?P<batch>{_SHORT})-(?P<first>{_SHORT})", f"{example}-5-100"),
        _form(rf"{head}-(?P<first>{_N})", f"{example}-100", series),
    )


def _forms(programme: str) -> tuple[Form, ...]:
    own = _OWN_FORMS.get(programme)
    if own is None:
        return _plain_forms(r"(?=[A-Z0-9-]*[A-Z])[A-Z0-9]+(?:-[A-Z0-9]+)*?", programme.upper())
    # Nothing but numbers behind the programme's own name: nothing else can be meant. One number alone
    # is that of the unit, where the programme's numbers go on through all of its ids.
    return (*own, *_plain_forms(rf"{programme}(?:-[0-9]+)*?", programme, own[-1].series))


FORMS: Final = {programme: _forms(programme) for programme in UNDERLYING_REGISTRIES}
"""In the order in which they are tried."""

_OTHER_NAMES: Final = {
    "ACR": ("American Carbon Registry",),
    "ART": ("ART TREES", "Architecture for REDD+ Transactions"),
    "CAR": ("Climate Action Reserve",),
    "FCPF": ("Forest Carbon Partnership Facility",),
    "GCC": ("Global Carbon Council",),
    "GS": ("Gold Standard", "The Gold Standard", "GS4GG", "Gold Standard for the Global Goals"),
    "JCM": ("Joint Crediting Mechanism",),
    "T-VER": ("BCH", "Thailand Voluntary Emission Reduction Program"),  # its ids begin TH1-BCH
    "VCS": ("Verra", "Verified Carbon Standard"),
}


def _letters(written: str) -> str:
    text = unicodedata.normalize("NFKC", written).casefold()
    return "".join(each for each in text if each.isalnum())


_PROGRAMMES: Final = {
    _letters(name): programme
    for programme in UNDERLYING_REGISTRIES
    for name in (programme, *_OTHER_NAMES.get(programme, ()))
}


def programme_of(written: str) -> str | None:
    """The programme of common nomenclatures item 31 that a name stands for."""
    return _PROGRAMMES.get(_letters(written))


def programme_told(text: str) -> str | None:
    """The programme that an id in its normal text itself tells; None where it tells none."""
    for programme, forms in _OWN_FORMS.items():
        if any(form.pattern.fullmatch(text) for form in forms):
            return programme
    return programme_of(text.partition("-")[0])


def unit_name(programme: str, text: str) -> UnitName | None:
    """Reads an id in its normal text; None where it has none of the programme's forms."""
    for form in FORMS[programme]:
        found = form.pattern.fullmatch(text)
        if found is not None:
            return _read(form, found)
    return None


def _read(form: Form, found: re.Match[str]) -> UnitName:
    named = found.groupdict()
    first, last, batch = named["first"], named.get("last"), named.get("batch")
    before = found.string[: found.start("first" if batch is None else "batch")]
    behind = found.string[found.end("first" if last is None else "last") :]
    around = f"{before}{'{n}' if batch is None else '{b}-{n}'}{behind}"
    return UnitName(
        series=form.series or around,
        around=around,
        batch=int(batch or 0),
        first=int(first),
        last=int(last or first),
    )


def table() -> str:
    """How ids are read, for the protocol, in Markdown."""

    def rows() -> Iterator[str]:
        yield "| programme | ids, in their normal form | numbers go on |"
        yield "|---|---|---|"
        for programme, forms in FORMS.items():
            shown = ", ".join(f"`{form.example}`" for form in forms)
            through = (
                "through all ids" if forms[0].series else "in what the id has in front of them"
            )
            yield f"| {programme} | {shown} | {through} |"

    return "\n".join(rows())
