# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Turns the raw fields of a row, from whatever file, into a row of the model and findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache, partial
from typing import Any, Final

from aef.applicability import departures
from aef.cell_values import read_as
from aef.code_values import (
    read_approach,
    read_authorization,
    read_identification,
    read_party,
    read_party_or_fund,
    read_registry,
    read_version,
    read_whole_version,
)
from aef.dates import read_date, read_moment
from aef.layout import (
    AUTHORIZATIONS,
    LISTED,
    SUBMISSION,
    Column,
    Format,
    Need,
    Table,
)
from aef.list_values import (
    ACTION_TYPES,
    ACTIVITIES,
    DEFINITIONS,
    METRICS,
    MITIGATION,
    SECTORS,
    SUBTYPES,
    UNDERLYING,
    permitted_text,
    read_action_subtype,
    read_action_type,
    read_choice,
    read_choices,
    read_kept,
    read_purposes,
    split_list,
)
from aef.model import Place
from aef.notes import Notes
from aef.numbers import read_ceiling, read_quantity
from aef.parsed import Parsed
from aef.party_lists import read_parties
from aef.raw_texts import LOOSE, as_written, is_text_of_a_kind, text_of
from aef.syntax_codes import Code
from aef.texts import is_cell_error, says_pending
from aef.time_frames import read_time_frame
from aef.unit_ids import faults_of, read_span
from aef.years import LAST_YEAR, REPORTED_YEARS, read_year
from itmo.quantity import MAX_QUANTITY
from itmo.vintage import FIRST_VINTAGE
from workbooks.raw import CellError, Raw

Values = dict[str, Any]
"""Fields of a row of the model; the type of each is that of its format."""

Where = Callable[[str], Place]
"""Says where a field of a row stands; asked only when there is something to report."""

PLACEHOLDERS: Final = frozenset({"X.Y", "Year", "dd/mm/yyyy", "Party"})
"""What the blank shows in fields that a Party fills in."""

_OF_A_BLANK: Final = re.compile(r"\{[^{}]*\bCARP\b[^{}]*\}")
"""What the blank, in any of its versions, shows in a field that the platform fills in."""
_BOUNDS: Final[Mapping[str, range]] = {
    "reported_year": REPORTED_YEARS,
    "vintage": range(FIRST_VINTAGE, LAST_YEAR + 1),
    "year_of_use": range(FIRST_VINTAGE, LAST_YEAR + 1),
    "quantity": range(1, MAX_QUANTITY + 1),
    "quantity_non_ghg": range(1, MAX_QUANTITY + 1),
}
"""Numbers that a field may hold (common nomenclatures of June 2026)."""
_YEARS: Final = frozenset({Format.YEAR, Format.REPORTED_YEAR})
_TYPED: Final = _YEARS | {Format.QUANTITY, Format.DATE, Format.MOMENT}
_FREE: Final = frozenset({Format.TEXT, Format.UNIT_ID})
_OWN_WORDS: Final = LOOSE | {Format.IDENTIFICATION}
_NAMES_OF_THINGS: Final = frozenset({Format.AUTHORIZATION, Format.UNIT_ID})
_JUDGED: Final = frozenset(
    {
        "underlying_registry",
        "underlying_first_id",
        "underlying_last_id",
        "non_ghg_metric",
        "using_entity",
        "entities",
    }
)
"""Texts in a Party's own words that are held against others."""
_PRINTED_AS_FOUND: Final = frozenset({Format.PURPOSES, Format.TIME_FRAME})
"""Formats of which several spellings are in use; what a Party wrote is printed again as it was."""
_NO_FORMULAS: Final[Mapping[str, str]] = {}
_NO_LIMIT: Final = "no limit"
_REMEMBERED: Final = 4096
"""Texts of a format that are not read twice; columns repeat a few values."""

_CODES: Final[Mapping[Format, Callable[[str], Parsed[Any]]]] = {
    Format.PARTY: read_party,
    Format.PARTY_OR_FUND: read_party_or_fund,
    Format.REGISTRY: read_registry,
    Format.APPROACH: read_approach,
    Format.AUTHORIZATION: read_authorization,
    Format.VERSION: read_version,
    Format.NUMBER_VERSION: read_whole_version,
    Format.METRIC: lambda text: read_choice(text, METRICS),
    Format.DEFINITION: lambda text: read_choice(text, DEFINITIONS),
    Format.MITIGATION: lambda text: read_choice(text, MITIGATION),
    Format.UNDERLYING: lambda text: read_kept(text, UNDERLYING),
    Format.ACTION_TYPE: read_action_type,
    Format.ACTION_SUBTYPE: read_action_subtype,
    Format.PARTIES: read_parties,
    Format.SECTORS: lambda text: read_choices(split_list(text, commas=True), SECTORS),
    Format.ACTIVITIES: lambda text: read_choices(split_list(text, commas=True), ACTIVITIES),
    Format.LIST: lambda text: Parsed(tuple(split_list(text, commas=False))),
    Format.PURPOSES: read_purposes,
    Format.IDENTIFICATION: read_identification,
    Format.TIME_FRAME: read_time_frame,
}
"""Reader of each format that is text; the others take numbers and dates as they come."""
_CHOICES: Final[Mapping[Format, dict[str, str]]] = {
    Format.METRIC: METRICS,
    Format.DEFINITION: DEFINITIONS,
    Format.MITIGATION: MITIGATION,
    Format.UNDERLYING: UNDERLYING,
    Format.ACTION_TYPE: ACTION_TYPES,
    Format.ACTION_SUBTYPE: SUBTYPES,
    Format.SECTORS: SECTORS,
    Format.ACTIVITIES: ACTIVITIES,
}
_OF_A_LIST: Final = frozenset(
    {Code.NOMENCLATURE_UNKNOWN, Code.NOMENCLATURE_NEAR, Code.NOMENCLATURE_FORM}
)
_READERS: Final[Mapping[Format, Callable[[str], Parsed[Any]]]] = {
    form: lru_cache(maxsize=_REMEMBERED)(reader) for form, reader in _CODES.items()
}


class RowReader:
    """Reads the rows of one table.

    Args:
        table: The table.
        notes: Takes the findings.
        present: Fields that the file has a place for; only these can be missing.
    """

    def __init__(self, table: Table, notes: Notes, present: Collection[str]) -> None:
        self._table = table
        self._columns = [column for column in table.columns if column.field in present]
        self._by_field = {column.field: column for column in self._columns}
        self._notes = notes

    def read(
        self,
        raws: Mapping[str, Raw],
        row: Place,
        where: Where,
        formulas: Mapping[str, str] = _NO_FORMULAS,
    ) -> Values:
        """Reads one row.

        Args:
            raws: Raw value of each field that the row fills.
            row: Where the row stands.
            where: Says where a field of it stands.
            formulas: Formulas; a field that has nothing else is not read, and has its finding.
        """
        values: Values = {"place": row, "written": {}}
        for column in self._columns:
            raw = raws.get(column.field)
            if raw is not None:
                self._field(column, raw, where, values)
            elif column.field in formulas:
                values["written"][column.field] = formulas[column.field]
            elif column.need is Need.REQUIRED:
                self._note(Code.VALUE_MISSING, column, raw, where, fatal=True)
        if "first_id" in values or "last_id" in values:
            self._units(raws, where, values)
        for each in departures(self._table.key, values) if self._table in LISTED else ():
            if each.field in self._by_field:
                column, said = self._by_field[each.field], read_as(values.get(each.field))
                self._note(each.code, column, raws.get(each.field), where, said)
        return values

    def _note(
        self,
        code: Code,
        column: Column,
        raw: Raw,
        where: Where,
        said: str = "",
        *,
        fatal: bool = False,
    ) -> None:
        expected = ""
        if code in _OF_A_LIST and column.format in _CHOICES:
            expected = permitted_text(str(raw), _CHOICES[column.format])
        place = where(column.field)
        self._notes.add(
            code, place, column.title, raw, read_as=said, fatal=fatal, expected=expected
        )

    def _note_all(self, column: Column, parsed: Parsed[Any], raw: Raw, where: Where) -> None:
        for code in parsed.codes:
            said = _NO_LIMIT if code is Code.PARTY_ANY else read_as(parsed.value)
            self._note(code, column, raw, where, said, fatal=not parsed.usable)

    def _noted(
        self, column: Column, raw: Raw, where: Where, code: Code, said: str, *, fatal: bool = False
    ) -> None:
        self._note(code, column, raw, where, said, fatal=fatal)

    def _field(self, column: Column, raw: Raw, where: Where, values: Values) -> None:
        form = column.format
        if not isinstance(raw, str) and form in _TYPED:
            self._typed(column, raw, raw, where, values)
            return
        text = text_of(column, raw, partial(self._noted, column, raw, where))
        if not is_text_of_a_kind(raw) and column.format not in LOOSE:
            values["written"][column.field] = text
            return
        if isinstance(raw, CellError) or (form not in _OWN_WORDS and is_cell_error(text)):
            self._note(Code.CELL_ERROR, column, raw, where, fatal=True)
            values["written"][column.field] = text
            return
        if says_pending(text) and (form in _NAMES_OF_THINGS or column.field in _JUDGED):
            self._note(Code.VALUE_PENDING, column, raw, where, fatal=True)
            values["written"][column.field] = text
            return
        if column.need is Need.PLATFORM and text and _OF_A_BLANK.fullmatch(text) is None:
            self._note(Code.PLATFORM_FIELD, column, raw, where, text)
        if text in PLACEHOLDERS or (text[:1] == "{" and text[-1:] == "}"):
            self._left_as_in_the_blank(column, text, raw, where, values)
        elif text == "":
            if column.need is Need.REQUIRED:
                self._note(Code.VALUE_MISSING, column, raw, where, fatal=True)
        elif form in _TYPED:
            self._typed(column, text, raw, where, values)
        elif form in _FREE:
            values[column.field] = text
        else:
            parsed = _READERS[form](text)
            self._note_all(column, parsed, raw, where)
            _keep(column, parsed, values)
            if not parsed.usable or (parsed.codes and form in _PRINTED_AS_FOUND):
                values["written"][column.field] = text

    def _left_as_in_the_blank(
        self, column: Column, text: str, raw: Raw, where: Where, values: Values
    ) -> None:
        if column.need is not Need.PLATFORM:
            fatal = column.need is not Need.OPTIONAL
            self._note(Code.PLACEHOLDER_LEFT, column, raw, where, fatal=fatal)
        example = self._table is SUBMISSION and text in PLACEHOLDERS
        of_the_blank = example or _OF_A_BLANK.fullmatch(text) is not None
        if column.need is Need.CONDITIONAL or not of_the_blank:
            values["written"][column.field] = text  # such words of the Party's own

    def _typed(self, column: Column, value: Raw, raw: Raw, where: Where, values: Values) -> None:
        """A field that a file may hold as a number or a date."""
        if column.format is Format.QUANTITY:
            # Only what an authorization allows may be a maximum.
            reader = read_ceiling if self._table is AUTHORIZATIONS else read_quantity
            self._number(column, reader(value), raw, where, values)
        elif column.format in _YEARS:
            self._number(column, read_year(value), raw, where, values)
        else:
            self._dated(column, value, raw, where, values)

    def _number(
        self,
        column: Column,
        parsed: Parsed[int | None],
        raw: Raw,
        where: Where,
        values: Values,
    ) -> None:
        self._note_all(column, parsed, raw, where)
        values[column.field] = parsed.value
        if parsed.value is None:
            values["written"][column.field] = as_written(raw)
        elif parsed.value not in _BOUNDS.get(column.field, (parsed.value,)):
            self._note(Code.NUMBER_BOUNDS, column, raw, where, read_as(parsed.value))

    def _dated(self, column: Column, value: Raw, raw: Raw, where: Where, values: Values) -> None:
        parsed = read_moment(value) if column.format is Format.MOMENT else read_date(value)
        self._note_all(column, parsed, raw, where)
        if parsed.value is None:
            values["written"][column.field] = as_written(raw)
            return
        values[column.field] = parsed.value.day
        if column.format is Format.MOMENT:
            values["time"] = parsed.value.moment
        if parsed.value.doubtful:
            self._notes.doubt(where(column.field), column.title, raw)

    def _units(self, raws: Mapping[str, Raw], where: Where, values: Values) -> None:
        parsed = read_span(
            values.get("first_id", ""),
            values.get("last_id", ""),
            values.get("first_transferring_party", ""),
        )
        values["span"] = parsed.value
        for fault in faults_of(parsed, values):
            self._note(
                fault.code,
                self._by_field[fault.field],
                raws.get(fault.field),
                where,
                fault.read_as,
                fatal=not parsed.usable,
            )


def _keep(column: Column, parsed: Parsed[Any], values: Values) -> None:
    """Puts a parsed value where the model has it."""
    if column.format is Format.TIME_FRAME:
        if parsed.value is not None:
            values["time_frame"] = parsed.value.occurred
            values["use_time_frame"] = parsed.value.used
        return
    values[column.field] = parsed.value
