# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a submission says, writing and reading it gives the same back, with no finding."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from aef.applicability import departures
from aef.json_reading import from_json
from aef.json_writing import to_json
from aef.layout import ACTIONS, AUTHORIZATIONS, HOLDINGS, LISTED, Table
from aef.model import (
    NOWHERE,
    ActionRow,
    ActionSubtype,
    ActionType,
    AuthorizationRow,
    EntityRow,
    Heading,
    HoldingRow,
    ReadFile,
    Submission,
)
from aef.opening import read_file
from aef.syntax_codes import Code
from aef.texts import not_applicable
from aef.unit_ids import read_span
from aef.workbook_writing import write_workbook
from aef.years import LAST_YEAR
from itmo import nomenclature
from itmo.parties import ALPHA2
from itmo.quantity import MAX_QUANTITY
from itmo.serials import MAX_SERIAL
from tests.kit.drawn import drawn
from workbooks.cell_texts import cleaned

PARTIES = st.sampled_from(sorted(ALPHA2))
YEARS = st.integers(2021, LAST_YEAR)
DATES = st.dates(date(2021, 1, 1), date(2099, 12, 31))
QUANTITIES = st.integers(1, MAX_QUANTITY)
APPROACHES = st.integers(1, 999_999).map(lambda number: f"CA{number:06d}")
LETTERS = st.from_regex(r"[A-Z0-9][A-Za-z0-9 -]{0,18}[0-9]", fullmatch=True).filter(
    lambda text: not not_applicable(text)
)
WORDS = st.text(
    st.characters(blacklist_categories=("Cs", "Cn", "Co", "Cc", "Cf", "Zl", "Zp")), max_size=40
)
TEXTS = (
    st.one_of(WORDS, st.sampled_from(["=1+1", "+49", "-5", "@SUM(A1)", "a\nb", "#REF!", "<&>", "_x0041_"]))
    .map(cleaned)
    .filter(lambda text: not not_applicable(text) and text[:1] != "{" and text not in {"X.Y", "Year", "Party"})
)  # fmt: skip
NAMES = TEXTS.filter(lambda text: len(text) > 0 and not text.casefold().startswith(("total", "note", "e.g.", "*")))  # fmt: skip


def frames() -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(YEARS, st.integers(0, 20)).map(
        lambda pair: (pair[0], min(sum(pair), LAST_YEAR))
    )


def lists(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=3, unique=True).map(tuple)


Row = TypeVar("Row", AuthorizationRow, ActionRow, HoldingRow)
EMPTY: dict[str, Any] = {"subtype": None, "year_of_use": None, "quantity_non_ghg": None}
FILLED: dict[str, Any] = {
    "oimp": "CORSIA",
    "first_transfer_definition": "Issuance",
    "non_ghg_metric": "MWh",
    "quantity_non_ghg": 1,
    "underlying_first_id": "1",
    "underlying_last_id": "1",
}


def fitting(table: Table, row: Row) -> Row:
    """The row with every field filled that applies, and no other."""
    values = {column.field: getattr(row, column.field) for column in table.columns}
    for each in tuple(departures(table.key, values)):
        filled = each.code is Code.VALUE_MISSING
        values[each.field] = FILLED[each.field] if filled else EMPTY.get(each.field, "")
    return replace(row, **values)


AUTHORIZED = st.builds(
    AuthorizationRow,
    authorization_id=LETTERS,
    date=DATES,
    cooperative_approach=APPROACHES,
    version=st.integers(1, 99).map(str),
    quantity=st.none() | QUANTITIES,
    metric=st.sampled_from(nomenclature.METRICS),
    gwp=TEXTS,
    sectors=lists(nomenclature.SECTORS).filter(bool),
    activity_types=lists(nomenclature.ACTIVITY_TYPES),
    purposes=st.frozensets(st.sampled_from(["NDC", "IMP", "OP"]), min_size=1),
    parties=st.lists(PARTIES, max_size=3, unique=True).map(tuple),
    entities=st.lists(st.from_regex(r"[A-Z][a-z, ]{0,9}[a-z]", fullmatch=True), max_size=2)
    .map(tuple)
    .filter(lambda texts: not any(not_applicable(text) for text in texts)),
    time_frame=st.none() | frames(),
    use_time_frame=st.none() | frames(),
    terms=TEXTS,
    first_transfer_definition=st.sampled_from(["", *nomenclature.FIRST_TRANSFER_DEFINITIONS]),
    additional_information=TEXTS,
).map(lambda row: fitting(AUTHORIZATIONS, row))


@st.composite
def units(draw: st.DrawFn) -> dict[str, Any]:
    party, approach, vintage = draw(PARTIES), draw(APPROACHES), draw(YEARS)
    first = draw(st.integers(1, MAX_SERIAL - 10_000))
    last = first + draw(st.integers(0, 10_000))
    if draw(st.booleans()):
        ids = [f"{approach}-{party}01-{party}-{serial}-{vintage}" for serial in (first, last)]
    else:
        ids = [str(first), str(last)]
    return {
        "cooperative_approach": approach,
        "authorization_id": draw(LETTERS),
        "first_transferring_party": party,
        "registry": f"{draw(PARTIES)}{draw(st.integers(1, 99)):02d}",
        "first_id": ids[0],
        "last_id": ids[1],
        "span": read_span(ids[0], ids[1], party).value,
        "underlying_registry": draw(st.sampled_from(["", *nomenclature.UNDERLYING_REGISTRIES])),
        "underlying_first_id": draw(TEXTS),
        "metric": draw(st.sampled_from(nomenclature.METRICS)),
        "gwp": draw(TEXTS),
        "quantity": draw(QUANTITIES),
        "quantity_non_ghg": draw(st.none() | QUANTITIES),
        "mitigation_type": draw(st.sampled_from(nomenclature.MITIGATION_TYPES)),
        "vintage": vintage,
    }


@st.composite
def actions(draw: st.DrawFn) -> ActionRow:
    day = draw(DATES)
    time = None
    if draw(st.booleans()):
        milliseconds = draw(st.integers(0, 86_399_999))
        time = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(milliseconds=milliseconds)  # fmt: skip
    row = ActionRow(
        **draw(units()),
        date=day,
        time=time,
        type=draw(st.sampled_from(ActionType)),
        subtype=draw(st.none() | st.sampled_from(ActionSubtype)),
        transferring_party=draw(PARTIES | st.sampled_from(["", "Adaptation Fund"])),
        acquiring_party=draw(PARTIES | st.just("")),
        oimp_purpose=draw(TEXTS),
        using_entity=draw(TEXTS),
        year_of_use=draw(st.none() | YEARS),
        additional_information=draw(TEXTS),
    )
    return fitting(ACTIONS, row)


@st.composite
def holdings(draw: st.DrawFn) -> HoldingRow:
    return fitting(HOLDINGS, HoldingRow(**draw(units())))


SUBMISSIONS = st.builds(
    Submission,
    source=st.just("file"),
    heading=st.builds(
        Heading,
        party=PARTIES,
        version=st.from_regex(r"[1-9]\.[0-9]", fullmatch=True),
        reported_year=st.integers(2021, 2040),
        submitted=DATES,
        ndc_first=YEARS,
        ndc_last=YEARS,
    ),
    authorizations=st.lists(AUTHORIZED, max_size=3).map(tuple),
    actions=st.lists(actions(), max_size=3).map(tuple),
    holdings=st.lists(holdings(), max_size=3).map(tuple),
    entities=st.lists(
        st.builds(
            EntityRow,
            date=DATES,
            name=NAMES,
            country=PARTIES,
            identification=NAMES.filter(lambda text: any(map(str.isalnum, text))),
            cooperative_approach=APPROACHES,
            conditions=TEXTS,
        ),
        max_size=2,
    ).map(tuple),
)


def without_places(read: ReadFile) -> Submission:
    """What was read, as if it came from nowhere."""
    rows: dict[str, Any] = {
        table.key: tuple(replace(row, place=NOWHERE) for row in getattr(read.submission, table.key))
        for table in LISTED
    }
    return replace(read.submission, source="file", **rows)


_LARGE = settings(suppress_health_check=list(HealthCheck))


@drawn(submission=SUBMISSIONS, few=8, many=20, how=_LARGE)
def test_a_workbook_gives_back_what_was_written(submission: Submission) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.xlsx"
        write_workbook(submission, path)
        read = read_file(path)
    assert read.findings == ()
    assert without_places(read) == submission


@drawn(submission=SUBMISSIONS, few=12, many=30, how=_LARGE)
def test_json_gives_back_what_was_written(submission: Submission) -> None:
    read = from_json(json.loads(json.dumps(to_json(submission))), "file")
    assert read.findings == ()
    assert without_places(read) == submission
