# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Submissions for tests: what Parties really filed, and worlds that are consistent or damaged.

The real ones follow what Parties filed in public: Thailand 2023-2024, Switzerland 2024, Guyana and
Vanuatu. Inventories and everything not given there are invented.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from aef.checks.casefile import CaseFile, Context
from aef.checks.filed import file_submission
from aef.checks.judging import Judgement, judge
from aef.model import (
    ActionRow,
    ActionSubtype,
    ActionType,
    AuthorizationRow,
    Heading,
    HoldingRow,
    Place,
    SerialSpan,
    Submission,
)

GHG: Final = "GHG"
REDUCTIONS: Final = "Emission reductions"
FIRST, ACQUIRE = ActionType.FIRST_TRANSFER, ActionType.ACQUISITION
ABROAD: Final = ActionSubtype.FIRST_INTERNATIONAL


def judged(*submissions: Submission, context: Context | None = None) -> Judgement:
    """All 25 checks over some submissions."""
    filed = (file_submission(number, each) for number, each in enumerate(submissions))
    return judge(CaseFile(filed, context))


def ids(before: str, first: int, last: int, after: str = "") -> dict[str, Any]:
    """The three unit columns of a row."""
    return {
        "first_id": f"{before}{first}{after}",
        "last_id": f"{before}{last}{after}",
        "span": SerialSpan(before, first, last, after),
    }


def _placed(sheet: str, rows: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(replace(row, place=Place(sheet, number)) for number, row in enumerate(rows, 6))


def submission(
    party: str,
    year: int | str,
    *,
    version: str = "1.0",
    period: tuple[int, int] | None = (2021, 2030),
    submitted: date | None = None,
    authorizations: Iterable[AuthorizationRow] = (),
    actions: Iterable[ActionRow] = (),
    holdings: Iterable[HoldingRow] = (),
) -> Submission:
    """A submission whose rows stand where the official workbook has them."""
    first, last = period or (None, None)
    return Submission(
        source=f"{party} {year} {version}.xlsx",
        heading=Heading(
            party=party,
            version=version,
            reported_year=year if isinstance(year, int) else None,
            written={} if isinstance(year, int) else {"reported_year": str(year)},
            submitted=submitted,
            ndc_first=first,
            ndc_last=last,
        ),
        authorizations=_placed("Table 2 Authorizations", authorizations),
        actions=_placed("Table 3 Actions", actions),
        holdings=_placed("Table 4 Holdings", holdings),
    )


def authorization(identifier: str, approach: str = "CA000003", **other: object) -> AuthorizationRow:
    """A row of table 2, for the Swiss use of Thai outcomes unless told otherwise."""
    row: dict[str, Any] = {
        "authorization_id": identifier,
        "date": date(2023, 1, 10),
        "cooperative_approach": approach,
        "version": "1",
        "quantity": 500_000,
        "metric": GHG,
        "sectors": ("Transportation",),
        "activity_types": ("Transport",),
        "purposes": frozenset({"NDC"}),
        "time_frame": (2021, 2030),
    }
    row.update(other)
    return AuthorizationRow(**row)


# -- Thailand and Switzerland -----------------------------------------------------------------------

_THAI: Final[Mapping[str, Any]] = {
    "cooperative_approach": "CA000003",
    "authorization_id": "1006.4/2810",
    "first_transferring_party": "THA",
    "registry": "THA01",
    "metric": GHG,
    "mitigation_type": REDUCTIONS,
}


def thailand() -> Submission:
    """The AEF of Thailand for 2023-2024."""
    rows = (
        (date(2023, 12, 1), 2022, "TH1-BCH-S0333-57-2022-", 16829005, 16829923),
        (date(2023, 12, 1), 2022, "TH1-BCH-S0334-57-2022-", 16829924, 16830920),
        (date(2024, 12, 13), 2023, "TH1-BCH-S0335-57-2023-", 20486307, 20498684),
        (date(2024, 12, 13), 2023, "TH1-BCH-S0336-57-2023-", 20498685, 20515528),
    )
    return submission(
        "THA",
        "2023-2024",
        authorizations=[
            authorization("1006.4/2810", date=date(2023, 8, 2), parties=("CHE",),
                          time_frame=(2022, 2030))
        ],
        actions=[
            ActionRow(date=on, type=FIRST, subtype=ABROAD, vintage=vintage, acquiring_party="CHE",
                      quantity=last - first + 1, **_THAI, **ids(before, first, last, "-1-0"))
            for on, vintage, before, first, last in rows
        ],
    )  # fmt: skip


def switzerland() -> Submission:
    """The AEF of Switzerland for 2024, of 15 April 2025."""
    units = {
        **_THAI,
        "authorization_id": "5002",
        "registry": "THA001",
        "vintage": 2022,
        "quantity": 1916,
        **ids("CA0003-TH001-TH-", 1, 1917, "-2022"),
    }
    return submission(
        "CHE",
        2024,
        submitted=date(2025, 4, 15),
        authorizations=[authorization("5002", date=date(2023, 2, 27))],
        actions=[
            ActionRow(date=date(2023, 12, 20), type=ACQUIRE, transferring_party="THA", **units)
        ],
        holdings=[HoldingRow(**units)],
    )


# -- Guyana and Vanuatu -----------------------------------------------------------------------------


def guyana(version: str = "1.0") -> Submission:
    """The AEF of Guyana for 2024: a first transfer at authorization, dated before it."""
    second = "GUY 2024-CA2" if version == "1.0" else "GUY 2025-CA1"
    purposes = ("NDC", "IMP", "OP")
    wording = "NDC and OIMP" if version == "1.0" else "NDC, OIMP, OP"
    terms: dict[str, Any] = {
        "purposes": frozenset(purposes),
        "written": {"purposes": wording},
        "sectors": ("Forestry and land use",),
        "activity_types": (),
        "oimp": "CORSIA",
        "first_transfer_definition": "Authorization",
        "time_frame": (2021, 2025),
    }
    units: dict[str, Any] = {
        "cooperative_approach": "CA000005",
        "first_transferring_party": "GUY",
        "registry": "ART",
        "metric": GHG,
        "mitigation_type": REDUCTIONS,
    }
    lots = (
        ("GUY 2024-CA1", 2021, 7_144_362),
        (second, 2022, 8_732_929),
    )
    rows = [
        {**units, "authorization_id": name, "vintage": vintage, "quantity": quantity,
         **ids("CA0005-ART-GY-", 1, quantity, f"-{vintage}")}
        for name, vintage, quantity in lots
    ]  # fmt: skip
    return submission(
        "GUY",
        2024,
        version=version,
        period=(2021, 2025),
        authorizations=[
            authorization("GUY 2024-CA1", "CA000005", date=date(2024, 2, 12),
                          **terms | {"quantity": 7_144_362}),
            authorization(second, "CA000005",
                          date=date(2024, 2, 12) if version == "1.0" else date(2025, 2, 19),
                          **terms | {"quantity": 8_732_929}),
        ],
        actions=[
            ActionRow(date=date(2024, 1, 1), type=FIRST, subtype=ActionSubtype.AUTHORIZATION, **row)
            for row in rows
        ],
        holdings=[HoldingRow(**row) for row in rows],
    )  # fmt: skip


def vanuatu() -> Submission:
    """The draft of Vanuatu for 2024: a row with an id and a vintage that are none, and no date."""
    return submission(
        "VUT",
        2024,
        authorizations=[
            authorization("5005", "CA000004", date=date(2023, 5, 8), quantity=97_217,
                          purposes=frozenset({"NDC", "IMP", "OP"}),
                          sectors=("Energy generation",), activity_types=("Solar",))
        ],
        actions=[
            ActionRow(
                cooperative_approach="CA000004",
                authorization_id="5005",
                first_transferring_party="VUT",
                first_id="Electrification_VU_Solar_2022",
                last_id="Electrification_VU_Solar_2022",
                metric=GHG,
                type=FIRST,
                subtype=ABROAD,
                acquiring_party="CHE",
            )
        ],
    )  # fmt: skip
