# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What was not seen or not understood, and what each check can therefore not say.

A table that a file does not have, and a value that could not be read, are no proof of anything: a check
that reads them is neither consistent nor inconsistent because of them.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from aef.checks.casefile import CaseFile, reporter_of
from aef.checks.filed import UNKNOWN_PARTY, Filed
from aef.checks.lacking import fields_without_value, missing_value
from aef.checks.pairing import SENDING
from aef.checks.rolling import SPENDING
from aef.checks.states import Note, Reference, State, undetermined
from aef.layout import LISTED, TABLES
from aef.model import ActionRow, ActionType

Fields = frozenset[str]
_HEADING, _TERMS, _ACTIONS, _HELD, _ENTITIES = (table.key for table in TABLES)
_TITLES: Final = {table.key: table.title for table in TABLES}

_UNITS: Final = frozenset({"first_id", "last_id"})
_SIDES: Final = frozenset({"transferring_party", "acquiring_party", "first_transferring_party"})
_EVENT: Final = _UNITS | {"type", "date"}
_MOVES: Final = _EVENT | _SIDES
_SUMS: Final = _MOVES | {"quantity", "quantity_non_ghg"}
_NAMED: Final = frozenset({"authorization_id"})
_PERIOD: Final = frozenset({"ndc_first", "ndc_last"})
_USE: Final = frozenset({"type", "vintage", "year_of_use", "authorization_id"})


def _of_units(*fields: str) -> dict[str, Fields]:
    return {_ACTIONS: _UNITS | set(fields), _HELD: _UNITS | set(fields)}


_ROLLED: Final = {
    _ACTIONS: _MOVES | {"subtype", "authorization_id"},
    _HELD: _UNITS,
    _TERMS: _NAMED,
}
_ADDED: Final = {
    _ACTIONS: _SUMS | {"metric", "cooperative_approach", "authorization_id"},
    _HELD: _UNITS | {"quantity", "quantity_non_ghg", "metric", "cooperative_approach"},
    _TERMS: _NAMED,
}
READ_BY: Final[Mapping[str, Mapping[str, Fields]]] = {
    "II01": {key: frozenset({"cooperative_approach"}) for key in (_TERMS, _ACTIONS, _HELD)},
    "II02": {_ACTIONS: _EVENT},
    "II03": {_TERMS: _NAMED, **_of_units("authorization_id")},
    "II04": _of_units("metric"),
    "II05": _of_units("underlying_registry", "underlying_first_id", "underlying_last_id"),
    "II06": {
        _ACTIONS: frozenset({"type", "using_party", "using_entity"}),
        _TERMS: _NAMED,
        _ENTITIES: frozenset(),
    },
    "II07": _of_units("cooperative_approach"),
    "STC01": {_ACTIONS: frozenset({"date"})},
    "STC02": {_ACTIONS: _USE | {"quantity"}, _TERMS: _NAMED},
    "STC03": {_ACTIONS: _USE - {"authorization_id"}, _HEADING: _PERIOD},
    "STC04": {
        _ACTIONS: frozenset({"type", "subtype", "acquiring_party"}),
        _TERMS: _NAMED,
    },
    "ISC01": _ROLLED,
    "ISC02": _ROLLED,
    "ISC03": _ROLLED,
    "ISC04": _ROLLED,
    "IRC01": {
        _ACTIONS: frozenset({"type", "subtype", "date", "vintage", "quantity", "year_of_use"})
    },
    "IPC01": {_ACTIONS: _SUMS | {"metric", "vintage", "mitigation_type", "cooperative_approach"}},
    "IP01": {_ACTIONS: _MOVES | {"authorization_id"}, _TERMS: _NAMED},
    "IP02": {_ACTIONS: _MOVES | {"authorization_id"}, _TERMS: _NAMED},
    "IP03": {_ACTIONS: _MOVES, _TERMS: _NAMED | {"first_transfer_definition"}},
    "IP04": {_ACTIONS: _USE, _TERMS: _NAMED},
    "DR01": _ADDED,
    "DR02": _ADDED,
    "DR03": {_ACTIONS: _SUMS | {"metric", "cooperative_approach"}},
    "DR04": {_ACTIONS: frozenset({"type", "quantity", "quantity_non_ghg", "cooperative_approach"})},
}
"""By check and table, the fields of which it needs each value. Of table 2 it needs rows that it can find;
what it then reads in one of them, and cannot, it notes itself."""
_BRINGING: Final = frozenset({ActionType.ACQUISITION, ActionType.AUTHORIZATION})
"""By what the units came in that are transferred or used."""
_ACTS_ON: Final[Mapping[str, frozenset[ActionType]]] = {
    "II06": SPENDING,
    "STC03": frozenset({ActionType.USE}),
    "STC04": frozenset({ActionType.FIRST_TRANSFER}),
    "IPC01": frozenset({*SENDING, ActionType.ACQUISITION}),
    "IP01": frozenset({*SENDING, *_BRINGING}),
    "IP02": SPENDING | _BRINGING,
    "IP04": SPENDING,
    "DR03": frozenset({*SENDING, ActionType.ACQUISITION}),
    "DR04": SPENDING | {ActionType.FIRST_TRANSFER},
}
"""Types of action that a check is about; of checks that are not here, all."""
_ACROSS_ROWS: Final = frozenset(
    {"II02", "ISC01", "ISC02", "ISC03", "ISC04", "IPC01", "IP01", "IP02", "IP03"}
    | {"DR01", "DR02", "DR03", "DR04", "IRC01"}
)
"""Checks that hold one row against others: one that is not understood may be the very one missing."""


_ACROSS_PARTIES: Final = frozenset({"DR02", "DR03", "DR04"})
"""Checks that add up over Parties; what they find begins with the cooperative approach."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something of a submission that was not seen or not understood.

    Attributes:
        table: Name of the table.
        field: Name of the field; empty for the table as a whole.
        missing: What is missing, for people.
        type: Type of the action in which it is; None where there is none, or where it is not known.
        approach: Cooperative approach of the row in which it is; empty likewise.
    """

    table: str
    field: str
    missing: str
    here: Reference
    type: ActionType | None = None
    approach: str = ""


Spot = tuple[Filed, str, int]
"""A row of a submission."""


def spot_of(here: Reference) -> Spot:
    """Returns the row in which something was found."""
    return here.filed, here.place.sheet, here.place.row


class Unread:
    """The gaps of every current submission."""

    def __init__(self, file: CaseFile) -> None:
        self._file = file
        self._gaps = {each: tuple(_gaps(each)) for each in file.current}
        self._first: dict[tuple[Filed, str], Gap | None] = {}
        self._of_approach: dict[str, Mapping[str, Gap]] = {}

    def notes(self, check_id: str, told: Container[Spot]) -> Iterator[Note]:
        """Yields what a check cannot say because of what was not seen.

        Args:
            check_id: The check.
            told: Rows of which it has said so itself.
        """
        for gaps in self._gaps.values():
            for gap in gaps:
                if _concerns(gap, check_id) and spot_of(gap.here) not in told:
                    yield undetermined(gap.here, gap.missing)

    def tempered(self, check_id: str, note: Note) -> Note:
        """Returns a note as it is, or undetermined where what was not seen may be its cause."""
        if note.state is not State.INCONSISTENT:
            return note
        gap = next((each for each in self._behind(check_id, note) if each is not None), None)
        if gap is None:
            return note
        # Whoever left the gap is to act, at the gap; what would contradict it is the other side.
        others = (each for each in (note.here, *note.there) if each.filed is not gap.here.filed)
        return replace(
            note,
            state=State.UNDETERMINED,
            missing=gap.missing,
            about=tuple(dict.fromkeys((*note.about, gap.here.filed))),
            owner=gap.here.filed.party,
            here=gap.here,
            there=tuple(others),
        )

    def _behind(self, check_id: str, note: Note) -> Iterator[Gap | None]:
        """The gaps that may be the cause of a contradiction."""
        for filed in (*note.about, *self._file.by_party.get(note.owner, ())):
            gap = self._first_gap(filed, check_id)
            # A row that is held against itself is what it is, whatever else was not understood; an
            # authorization without id may be the very one that was looked for.
            if gap is not None and (
                not gap.field or gap.table == _TERMS or check_id in _ACROSS_ROWS
            ):
                yield gap
        if check_id in _ACROSS_PARTIES:
            for approach, gap in self._by_approach(check_id).items():
                if approach in note.found:
                    yield gap

    def _by_approach(self, check_id: str) -> Mapping[str, Gap]:
        """The first gap of a check in each cooperative approach; empty where that was not read."""
        if check_id not in self._of_approach:
            found: dict[str, Gap] = {}
            for gaps in self._gaps.values():
                for gap in gaps:
                    if gap.approach not in found and _concerns(gap, check_id):
                        found[gap.approach] = gap
            self._of_approach[check_id] = found
        return self._of_approach[check_id]

    def _first_gap(self, filed: Filed, check_id: str) -> Gap | None:
        key = (filed, check_id)
        if key not in self._first:
            gaps = [gap for gap in self._gaps.get(filed, ()) if _concerns(gap, check_id)]
            self._first[key] = min(gaps, key=lambda gap: bool(gap.field), default=None)
        return self._first[key]


def _concerns(gap: Gap, check_id: str) -> bool:
    if gap.table == _HEADING and not gap.field:
        return True
    types = _ACTS_ON.get(check_id)
    if types is not None and gap.type is not None and gap.type not in types:
        return False
    reads = READ_BY.get(check_id, {})
    return gap.table in reads and (not gap.field or gap.field in reads[gap.table])


def _gaps(filed: Filed) -> Iterator[Gap]:
    said = filed.submission
    whole = Reference(filed)
    if filed.party == UNKNOWN_PARTY:
        yield Gap(_HEADING, "", reporter_of(filed), whole)
    for key in (table.key for table in TABLES if table.key in said.unseen):
        yield Gap(key, "", f"all of {_TITLES[key]} in {filed.name}", whole)
    for name in sorted(_PERIOD & said.heading.written.keys()):
        if getattr(said.heading, name) is None:
            here = Reference(filed, filed.cell(_HEADING, name))
            yield Gap(_HEADING, name, missing_value(_HEADING, name, empty=False), here)
    for table in LISTED:
        for row in getattr(said, table.key):
            for name, missing in fields_without_value(table.key, row):
                kind = row.type if isinstance(row, ActionRow) else None
                here = Reference(filed, filed.cell(table.key, name, row.place))
                approach = getattr(row, "cooperative_approach", "")
                yield Gap(table.key, name, missing, here, kind, approach)
