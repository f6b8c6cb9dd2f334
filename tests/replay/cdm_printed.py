# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What was printed of the registry of the clean development mechanism, and a small twin of it.

Printed are the sums (CDM Executive Board, annual report of 2017, table 3 and paragraphs 23 to 39), the
earlier window being the difference of the two columns. Invented is of the rows how many transfers were
of units that had been transferred before, how the last year's direct cancellations for others than
Korea's scheme and the Verified Carbon Standard are divided, and how many transactions a purpose has
that only units are printed of.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

CER, TCER, LCER = 5, 6, 7
SHARE = 50
"""One unit in so many goes to the Adaptation Fund."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of table 3: transactions and units."""

    transactions: int
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What happened between two days, by the lines of table 3.

    Attributes:
        issued: Units by type and period.
        exempt: Issuances of exempt activities.
        again: Of the transfers those of units that were transferred before; invented.
        endings: Voluntary cancellations by purpose and by where the units are issued again.
    """

    begins: date
    ends: date
    months: int
    issuance: Row
    share: Row
    exempt: Row
    transfer: Row
    from_fund: Row
    voluntary: Row
    administrative: Row
    issued: dict[tuple[int, int], int]
    again: Row
    endings: dict[tuple[str, str], Row]


FIRST: Final = Window(
    begins=date(2008, 2, 1),
    ends=date(2016, 9, 17),
    months=103,
    issuance=Row(9_462, 1_722_988_294),
    share=Row(9_361, 34_272_641),
    exempt=Row(101, 9_356_244),
    transfer=Row(16_951, 1_513_643_883),
    from_fund=Row(297, 25_955_477),
    voluntary=Row(1_205, 13_726_845),
    administrative=Row(6, 1_035_475),
    issued={
        (CER, 1): 1_465_806_042,
        (TCER, 1): 11_218_844,
        (LCER, 1): 505_085,
        (CER, 2): 245_449_298,
        (TCER, 2): 9_025,
    },
    again=Row(700, 55_091_562),
    endings={("", ""): Row(1_205, 13_726_845)},
)
LAST: Final = Window(
    begins=date(2016, 9, 18),
    ends=date(2017, 9, 22),
    months=12,
    issuance=Row(616, 149_943_790),
    share=Row(580, 2_913_304),
    exempt=Row(36, 4_278_590),
    transfer=Row(881, 58_565_320),
    from_fund=Row(18, 352_807),
    voluntary=Row(1_085, 9_853_833),
    administrative=Row(0, 0),
    issued={(CER, 2): 149_943_790},
    again=Row(80, 5_000_000),
    endings={
        ("platform for voluntary cancellation", ""): Row(740, 95_561),
        ("partner market", ""): Row(3, 10_600),
        ("offset scheme of the Republic of Korea", "KOC"): Row(20, 4_650_000),
        ("Verified Carbon Standard", "VCS"): Row(12, 310_000),
        ("climate neutrality", ""): Row(310, 4_787_672),
    },
)
WITH_UNITS, PROGRAMMES, TO_PROGRAMMES, DEREGISTERED = 3_086, 49, 11_194_682, 2


def scaled(window: Window, by: int) -> Window:
    """A window with one in so many transactions, and their units."""

    def row(whole: Row, least: int = 0) -> Row:
        count = max(least, whole.transactions // by)
        return Row(
            count, max(count * SHARE * 4, whole.units // by // SHARE * SHARE) if count else 0
        )

    share, exempt = row(window.share, 5), row(window.exempt, 3)
    share = Row(share.transactions, share.units // SHARE * SHARE)
    total = share.units * SHARE + exempt.units
    most = max(window.issued, key=lambda each: window.issued[each])
    issued = {key: units // by // SHARE * SHARE for key, units in window.issued.items()}
    issued = {key: max(units, SHARE * 20) for key, units in issued.items()}
    issued[most] += total - sum(issued.values())
    endings = {key: row(each, 1) for key, each in window.endings.items()}
    return replace(
        window,
        months=max(2, window.months // 10),
        issuance=Row(share.transactions + exempt.transactions, total),
        share=share,
        exempt=exempt,
        transfer=row(window.transfer),
        from_fund=row(window.from_fund, 1),
        administrative=row(window.administrative, 1) if window.administrative.units else Row(0, 0),
        issued=issued,
        again=row(window.again, 1),
        endings=endings,
        voluntary=Row(
            sum(each.transactions for each in endings.values()),
            sum(each.units for each in endings.values()),
        ),
    )
