# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Codes, periods and the like as data: what changes with a decision of the Parties and is no rule."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from broker.rulebook.general.proposal import TransactionType
from itmo.files import read_plain_file

_FOLDER: Final = Path(__file__).parent / "data"
NAMES: Final = (
    "account_types",
    "activities",
    "fees",
    "log_codes",
    "notice_types",
    "periods",
    "registry_letters",
    "replacements",
    "shares",
    "supplementary_types",
    "unit_types",
)
"""Every table; what stands in them goes into the digest of the rulebook."""


def text_of(table: str) -> str:
    """A table as it is written."""
    return read_plain_file(_FOLDER / f"{table}.csv").decode()


def rows_of(table: str) -> tuple[dict[str, str], ...]:
    """The rows of a table by column."""
    return tuple(csv.DictReader(text_of(table).splitlines()))


class KeptBy(StrEnum):
    """In which registries there are accounts of a type."""

    ANY = "any"
    NATIONAL = "national"
    CDM = "cdm"


@dataclass(frozen=True, slots=True)
class AccountTypeRow:
    """A type of account.

    Attributes:
        final: Whether no unit ever leaves; such an account is for one commitment period.
        from_period: The first commitment period that has it.
    """

    code: int
    title: str
    final: bool
    kept_by: KeptBy
    from_period: int
    entered_by: frozenset[TransactionType]


ACCOUNT_TYPE_ROWS: Final = tuple(
    AccountTypeRow(
        code=int(row["code"]),
        title=row["title"],
        final=row["final"] == "yes",
        kept_by=KeptBy(row["kept_by"]),
        from_period=int(row["from_period"]),
        entered_by=frozenset(map(TransactionType, row["entered_by"].split())),
    )
    for row in rows_of("account_types")
)


@dataclass(frozen=True, slots=True)
class UnitTypeRow:
    """A type of unit: which attributes it has, and what a conversion makes of it; 0: nothing."""

    code: int
    name: str
    title: str
    activity: bool
    project: bool
    track: bool
    expiry: bool
    becomes: int


UNIT_TYPE_ROWS: Final = tuple(
    UnitTypeRow(
        code=int(row["code"]),
        name=row["name"],
        title=row["title"],
        activity=row["activity"] == "yes",
        project=row["project"] == "yes",
        track=row["track"] == "yes",
        expiry=row["expiry"] == "yes",
        becomes=int(row["becomes"] or 0),
    )
    for row in rows_of("unit_types")
)


@dataclass(frozen=True, slots=True)
class Activity:
    """Something done with land, and the first commitment period that knows it."""

    code: int
    title: str
    from_period: int


ACTIVITIES: Final = {
    int(row["code"]): Activity(int(row["code"]), row["title"], int(row["from_period"]))
    for row in rows_of("activities")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentPeriod:
    """A commitment period.

    Attributes:
        last_day: Of the period itself.
        true_up_ends: Last day on which it may still be complied with.
        carry_over_from: First day on which its units may be carried over; None: never.
        carry_over_until: Last such day.
    """

    first_day: date
    last_day: date
    true_up_ends: date
    carry_over_from: date | None = None
    carry_over_until: date | None = None

    @property
    def years(self) -> int:
        """How many years it has."""
        return self.last_day.year - self.first_day.year + 1


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


PERIODS: Final = {
    int(row["period"]): CommitmentPeriod(
        first_day=date.fromisoformat(row["first_day"]),
        last_day=date.fromisoformat(row["last_day"]),
        true_up_ends=date.fromisoformat(row["true_up_ends"]),
        carry_over_from=_day(row["carry_over_from"]),
        carry_over_until=_day(row["carry_over_until"]),
    )
    for row in rows_of("periods")
}
"""The periods as they were, for whoever states them; a check asks what was stated."""

SUPPLEMENTARY_TYPES: Final = frozenset(
    (TransactionType(row["type"]), int(row["code"])) for row in rows_of("supplementary_types")
)
"""Supplementary codes by the type of transaction that they go with."""

REGISTRY_LETTERS: Final = {row["printed"]: row["computed"] for row in rows_of("registry_letters")}
"""Letters from which check digits of account numbers are computed, where they are not those printed."""


@dataclass(frozen=True, slots=True)
class FeeRates:
    """What is owed for the administration of the clean development mechanism, in cents (USD).

    Attributes:
        from_day: First day on which a request is reckoned by it.
        cents_at_first: For each of the first units that an activity asks for in a calendar year.
        first_units: How many these are.
        cents_beyond: For each unit more.
        most_registration_cents: The highest registration fee.
        least_yearly_reductions: Activities that reduce less in a year pay none.
        methodology_cents: What is paid for the proposal of a new methodology.
    """

    from_day: date
    cents_at_first: int
    first_units: int
    cents_beyond: int
    most_registration_cents: int
    least_yearly_reductions: int
    methodology_cents: int


FEES: Final = tuple(
    FeeRates(
        from_day=date.fromisoformat(row.pop("from_day")),
        **{name: int(value) for name, value in row.items()},
    )
    for row in rows_of("fees")
)
"""Oldest first; the last one that has begun holds."""
ADAPTATION_SHARES: Final = tuple(
    (date.fromisoformat(row["from_day"]), int(row["per_cent"])) for row in rows_of("shares")
)
"""Per cent of issued CERs that go to the Adaptation Fund, by the first day."""


@dataclass(frozen=True, slots=True)
class ReplacementRow:
    """What the units in a replacement account stand for.

    Attributes:
        account_type: The type of the account.
        replaced: The type of unit that is replaced, by name.
        by: Types of unit that may replace it, by name.
        same_project: Whether temporary units that replace are of the project of those replaced.
        outlives: Whether temporary units that replace expire later than those replaced.
    """

    account_type: int
    replaced: str
    by: frozenset[str]
    same_project: bool
    outlives: bool


REPLACEMENT_ROWS: Final = {
    int(row["account_type"]): ReplacementRow(
        account_type=int(row["account_type"]),
        replaced=row["replaced"],
        by=frozenset(row["by"].split()),
        same_project=row["same_project"] == "yes",
        outlives=row["outlives"] == "yes",
    )
    for row in rows_of("replacements")
}
"""By type of account."""


Answer = tuple[TransactionType, int]
"""A transaction and the type of the account that it goes into; 0: whichever."""


@dataclass(frozen=True, slots=True)
class NoticeTypeRow:
    """What a type of the log's notices asks for.

    Attributes:
        answers: What answers it; nothing answers what is information.
        needed_for: Those of them that nobody may make without such a notice.
        units: Types of unit that it may be about, by name; empty: any.
        project: Whether the units are those of the project that it names.
    """

    code: int
    title: str
    answers: frozenset[Answer]
    needed_for: frozenset[Answer]
    units: frozenset[str]
    project: bool


def _answers(text: str) -> frozenset[Answer]:
    parts = (each.split(":") for each in text.split())
    return frozenset((TransactionType(kind), int(account or 0)) for kind, account in parts)


NOTICE_TYPES: Final = {
    int(row["code"]): NoticeTypeRow(
        code=int(row["code"]),
        title=row["title"],
        answers=_answers(row["answers"]),
        needed_for=_answers(row["needed_for"]),
        units=frozenset(row["units"].split()),
        project=row["project"] == "yes",
    )
    for row in rows_of("notice_types")
}
"""By code."""
