# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A small consistent world of AEFs with every kind of action, and edits that damage it.

Thailand authorizes and first transfers; Switzerland acquires, uses and transfers on; Japan acquires.
An edit names a cell by a path such as "CHE 2024.actions.1.year_of_use".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final, TypeVar

from aef.checks.casefile import CaseFile, Context
from aef.checks.cooperative_approaches import Approach
from aef.checks.filed import Filed, file_submission
from aef.checks.summaries import StructuredSummary
from aef.model import (
    ActionRow,
    ActionSubtype,
    ActionType,
    HoldingRow,
    Place,
    Submission,
)
from tests.kit.aef_submissions import ABROAD, GHG, REDUCTIONS, authorization, ids, submission

World = dict[str, Submission]
T = TypeVar("T")
NDC_LETTER: Final = authorization("THA-1", date=date(2023, 1, 10), parties=("CHE", "JPN"))
AIRLINE_LETTER: Final = authorization(
    "THA-2",
    date=date(2024, 1, 10),
    purposes=frozenset({"IMP", "OP"}),
    oimp="CORSIA",
    first_transfer_definition="Use or cancellation",
    entities=("Airline",),
)


def units(first: int, last: int, letter: str = "THA-1") -> dict[str, Any]:
    """The columns of a row on Thai units."""
    return {
        "cooperative_approach": "CA000003",
        "authorization_id": letter,
        "first_transferring_party": "THA",
        "registry": "THA01",
        "underlying_registry": "VCS",
        "underlying_first_id": f"VCS-77-{first + 500}-2022",
        "underlying_last_id": f"VCS-77-{last + 500}-2022",
        "metric": GHG,
        "mitigation_type": REDUCTIONS,
        "quantity": last - first + 1,
        "vintage": 2022,
        **ids("CA0003-THA01-THA-", first, last, "-2022"),
    }


def _row(kind: ActionType, on: date, columns: dict[str, Any], **other: object) -> ActionRow:
    return ActionRow(type=kind, date=on, **(columns | other))


def world() -> World:
    """All submissions, consistent, by Party and year."""
    first, acquired = ActionType.FIRST_TRANSFER, ActionType.ACQUISITION
    airline = {"oimp_purpose": "CORSIA", "using_entity": "Airline"}
    listed = (
        submission(
            "THA", 2023, submitted=date(2024, 4, 2), authorizations=[NDC_LETTER],
            actions=[_row(first, date(2023, 6, 1), units(1, 1000), subtype=ABROAD,
                          acquiring_party="CHE")],
        ),
        submission(
            "THA", 2024, submitted=date(2025, 4, 15),
            authorizations=[NDC_LETTER, AIRLINE_LETTER],
            actions=[
                _row(first, date(2024, 3, 1), units(1001, 1400), subtype=ABROAD,
                     acquiring_party="CHE"),
                _row(first, date(2024, 5, 5), units(2001, 2100, "THA-2"),
                     subtype=ActionSubtype.USE_OR_CANCELLATION),
                _row(ActionType.CANCELLATION, date(2024, 5, 5), units(2001, 2100, "THA-2"),
                     **airline),
            ],
        ),
        submission(
            "CHE", 2023, submitted=date(2024, 4, 15),
            actions=[_row(acquired, date(2023, 6, 1), units(1, 1000), transferring_party="THA")],
            holdings=[HoldingRow(**units(1, 1000))],
        ),
        submission(
            "CHE", 2024, submitted=date(2025, 4, 15),
            actions=[
                _row(acquired, date(2024, 3, 1), units(1001, 1400), transferring_party="THA"),
                _row(ActionType.USE, date(2024, 7, 1), units(1, 300), year_of_use=2024),
                _row(ActionType.TRANSFER, date(2024, 8, 1), units(301, 400),
                     acquiring_party="JPN"),
            ],
            holdings=[HoldingRow(**units(401, 1000)), HoldingRow(**units(1001, 1400))],
        ),
        submission(
            "JPN", 2024, submitted=date(2025, 4, 15),
            actions=[_row(acquired, date(2024, 8, 1), units(301, 400), transferring_party="CHE")],
            holdings=[HoldingRow(**units(301, 400))],
        ),
    )  # fmt: skip
    return {f"{each.heading.party} {each.heading.reported_year}": each for each in listed}


def _summary(
    party: str, year: int, first: int = 0, other: int = 0, used: int = 0
) -> StructuredSummary:
    return StructuredSummary(
        party=party,
        year=year,
        first_transferred=first,
        other_purposes=other,
        used=used,
        net=first + other - used,
        adjustment=-used,
    )


def context() -> Context:
    """What makes every check of the world determined."""
    summaries = (
        _summary("THA", 2023, 1000),
        _summary("THA", 2024, 400, 100),
        _summary("CHE", 2023),
        _summary("CHE", 2024, used=300),
        _summary("JPN", 2024),
    )
    approach = Approach("CA000003", "e-buses", frozenset({"THA", "CHE", "JPN"}))
    return Context(
        approaches={approach.id: approach},
        first_reports=frozenset({("THA", 2023), ("CHE", 2023), ("JPN", 2024)}),
        summaries={each.key: each for each in summaries},
    )


# -- edits ------------------------------------------------------------------------------------------


def damaged(vector: Mapping[str, Any]) -> tuple[list[Filed], Context]:
    """The world after the edits of a vector: copy, set, add, drop; and its context."""
    changed = world()
    for name, source in vector.get("copy", {}).items():
        changed[name] = changed[source]
    for path, value in vector.get("set", {}).items():
        name, *rest = path.split(".")
        changed[name] = _set(changed[name], rest, value)
    for path, row in vector.get("add", {}).items():
        name, table = path.split(".")
        rows = getattr(changed[name], table)
        added = replace(rows[row["like"]], place=Place("Added", len(rows)))
        changed[name] = _with(changed[name], {table: (*rows, _edited(added, row["set"]))})
    for path in vector.get("drop", ()):
        name, *rest = path.split(".")
        if not rest:
            del changed[name]
            continue
        rows = list(getattr(changed[name], rest[0]))
        del rows[int(rest[1])]
        changed[name] = _with(changed[name], {rest[0]: tuple(rows)})
    known = context()
    for name in vector.get("unknown", ()):
        known = _with(known, {name: type(getattr(known, name))()})
    if "due_on" in vector:
        known = replace(known, due_on=vector["due_on"])
    return [file_submission(at, each) for at, each in enumerate(changed.values())], known


def _set(one: Submission, path: list[str], value: object) -> Submission:
    table = path[0]
    if table == "heading":
        return replace(one, heading=_edited(one.heading, {path[1]: value}))
    rows = list(getattr(one, table))
    rows[int(path[1])] = _edited(rows[int(path[1])], {path[2]: value})
    return _with(one, {table: tuple(rows)})


def _with(one: T, values: dict[str, Any]) -> T:
    changed: T = replace(one, **values)  # type: ignore[type-var]  # every T here is a dataclass
    return changed


def _edited(row: T, values: Mapping[str, Any]) -> T:
    for name, value in values.items():
        if name == "units":
            columns = units(*value)
            del columns["authorization_id"]
            row = _with(row, columns)
        else:
            row = _with(row, {name: _value(name, value)})
    return row


def _value(name: str, value: object) -> object:
    if name == "type":
        return ActionType(str(value))
    if name == "subtype" and value is not None:
        return ActionSubtype(str(value))
    if name == "time" and isinstance(value, str):
        return datetime.fromisoformat(value)
    if isinstance(value, list):
        return frozenset(value) if name == "purposes" else tuple(value)
    return value


def filed_case(vector: Mapping[str, Any]) -> CaseFile:
    """The case file of a vector."""
    filed, known = damaged(vector)
    return CaseFile(filed, known)
