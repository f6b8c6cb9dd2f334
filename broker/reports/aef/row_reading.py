# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Turns the raw fields of a row, from whatever file, into a row of the model and findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any, Final

from broker.reports.aef.code_values import (
    read_approach,
    read_authorization,
    read_party,
    read_party_or_fund,
    read_registry,
    read_version,
    read_whole_version,
)
from broker.reports.aef.dates import read_date, read_moment, read_year
from broker.reports.aef.layout import Column, Format, Need, Table
from broker.reports.aef.list_values import (
    ACTIVITIES,
    DEFINITIONS,
    METRICS,
    MITIGATION,
    SECTORS,
    UNDERLYING,
    read_action_subtype,
    read_action_type,
    read_choice,
    read_choices,
    read_parties,
    read_purposes,
    read_time_frame,
    split_list,
)
from broker.reports.aef.model import Place
from broker.reports.aef.notes import Notes
from broker.reports.aef.numbers import read_quantity
from broker.reports.aef.parsed import Parsed, Raw
from broker.reports.aef.syntax_codes import Code
from broker.reports.aef.texts import MAX_TEXT, cleaned, not_applicable, printable
from broker.reports.aef.unit_ids import read_span
from itmo.nomenclature import NOT_APPLICABLE

Values = dict[str, Any]
"""Fields of a row of the model; the type of each is that of its format."""

PLACEHOLDERS: Final = frozenset({"X.Y", "Year", "dd/mm/yyyy", "Party"})
"""What the blank shows in fields that a Party fills in."""

_NUMERIC: Final = frozenset({Format.QUANTITY, Format.YEAR, Format.REPORTED_YEAR})
_DATED: Final = frozenset({Format.DATE, Format.MOMENT})

_CODES: Final[Mapping[Format, Callable[[str], Parsed[Any]]]] = {
    Format.TEXT: Parsed,
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
    Format.UNDERLYING: lambda text: read_choice(text, UNDERLYING),
    Format.ACTION_TYPE: read_action_type,
    Format.ACTION_SUBTYPE: read_action_subtype,
    Format.UNIT_ID: Parsed,
    Format.PARTIES: read_parties,
    Format.SECTORS: lambda text: read_choices(split_list(text, commas=True), SECTORS),
    Format.ACTIVITIES: lambda text: read_choices(split_list(text, commas=True), ACTIVITIES),
    Format.LIST: lambda text: Parsed(tuple(split_list(text, commas=False))),
    Format.PURPOSES: read_purposes,
    Format.TIME_FRAME: read_time_frame,
}
"""Reader of each format that is text; the others take numbers and dates as they come."""


class RowReader:
    """Reads the rows of one table."""

    def __init__(self, table: Table, notes: Notes) -> None:
        self._table = table
        self._notes = notes

    def read(self, raws: Mapping[str, Raw], places: Mapping[str, Place], row: Place) -> Values:
        """Read one row.

        Args:
            raws: Raw value of each field that the row fills.
            places: Where each field stands.
            row: Where the row stands, for fields that it lacks altogether.
        """
        values: Values = {"place": row}
        for column in self._table.columns:
            raw = raws.get(column.field)
            if raw is None:
                if column.need is Need.REQUIRED and column.field in places:
                    self._missing(column, places[column.field], raw)
                continue
            self._field(column, raw, places.get(column.field, row), values)
        if "first_id" in values or "last_id" in values:
            self._units(raws, places, row, values)
        return values

    def _missing(self, column: Column, at: Place, raw: Raw) -> None:
        self._notes.add(Code.VALUE_MISSING, at, column.title, raw, fatal=True)

    def _field(self, column: Column, raw: Raw, at: Place, values: Values) -> None:
        if column.format in _DATED and not isinstance(raw, str):
            self._dated(column, raw, at, values)
            return
        if column.format in _NUMERIC and not isinstance(raw, str):
            self._numeric(column, raw, at, values)
            return
        text = self._text(column, raw, at)
        if text in PLACEHOLDERS or (text[:1] == "{" and text[-1:] == "}"):
            if column.need is not Need.PLATFORM:
                fatal = column.need is Need.REQUIRED
                self._notes.add(Code.PLACEHOLDER_LEFT, at, column.title, raw, fatal=fatal)
        elif text == "":
            if column.need is Need.REQUIRED:
                self._missing(column, at, raw)
        elif column.format in _DATED:
            self._dated(column, text, at, values)
        elif column.format in _NUMERIC:
            self._numeric(column, text, at, values)
        else:
            parsed = _CODES[column.format](text)
            self._note(column, parsed, at, raw)
            _keep(column, parsed, text, values)

    def _note(self, column: Column, parsed: Parsed[Any], at: Place, raw: Raw) -> None:
        for code in parsed.codes:
            self._notes.add(code, at, column.title, raw, fatal=not parsed.usable)

    def _dated(self, column: Column, raw: Raw, at: Place, values: Values) -> None:
        parsed = read_moment(raw) if column.format is Format.MOMENT else read_date(raw)
        self._note(column, parsed, at, raw)
        if parsed.value is None:
            return
        values[column.field] = parsed.value.day
        if column.format is Format.MOMENT:
            values["time"] = parsed.value.moment
        if parsed.value.doubtful:
            self._notes.doubt(at, column.title, raw)

    def _numeric(self, column: Column, raw: Raw, at: Place, values: Values) -> None:
        parsed = read_quantity(raw) if column.format is Format.QUANTITY else read_year(raw)
        self._note(column, parsed, at, raw)
        values[column.field] = parsed.value
        if column.format is Format.REPORTED_YEAR and Code.YEAR_RANGE in parsed.codes:
            values["reported_year_text"] = str(raw)

    def _text(self, column: Column, raw: Raw, at: Place) -> str:
        """The raw value as harmless text; empty where the field does not apply."""
        if isinstance(raw, list):
            separator = ", " if column.format is Format.PARTIES else "; "
            raw = separator.join(raw)
        if not isinstance(raw, str):
            return self._from_kind(column, raw, at)
        if not printable(raw):
            self._notes.add(Code.CONTROL_CHARACTER, at, column.title, raw)
        text = cleaned(raw)
        if len(text) > MAX_TEXT:
            self._notes.add(Code.TEXT_TOO_LONG, at, column.title, text)
            text = text[:MAX_TEXT].strip()
        if not_applicable(text):
            if text != NOT_APPLICABLE:
                self._notes.add(Code.NOT_APPLICABLE_FORM, at, column.title, raw)
            return ""
        return text

    def _from_kind(self, column: Column, raw: Raw, at: Place) -> str:
        """A number is as good as the text of its digits; a date or a truth value is a mistake."""
        if isinstance(raw, bool | datetime | date | time) or raw is None:
            self._notes.add(Code.VALUE_KIND, at, column.title, raw)
            return "" if raw is None else str(raw)
        if isinstance(raw, float) and column.format is not Format.VERSION and raw.is_integer():
            return str(int(raw))
        if column.format is Format.VERSION:
            # The spreadsheet drops the nought of 1.0, so the text form is what is asked for.
            self._notes.add(Code.VERSION_FORMAT, at, column.title, raw)
            return f"{raw}.0" if isinstance(raw, int) else str(raw)
        return str(raw)

    def _units(
        self, raws: Mapping[str, Raw], places: Mapping[str, Place], row: Place, values: Values
    ) -> None:
        parsed = read_span(
            values.get("first_id", ""),
            values.get("last_id", ""),
            values.get("first_transferring_party", ""),
        )
        at = places.get("first_id", row)
        for code in parsed.codes:
            found = f"{raws.get('first_id')} to {raws.get('last_id')}"
            self._notes.add(code, at, "First ID", found, fatal=not parsed.usable)
        values["span"] = parsed.value


def _keep(column: Column, parsed: Parsed[Any], text: str, values: Values) -> None:
    """Put a parsed value where the model has it, with the text where the model keeps that too."""
    if column.format is Format.TIME_FRAME:
        if parsed.value is not None:
            values["time_frame"] = parsed.value.occurred
            values["use_time_frame"] = parsed.value.used
        if parsed.codes:
            values["time_frame_text"] = text
        return
    values[column.field] = parsed.value
    if column.format is Format.PURPOSES and parsed.codes:
        values["purposes_text"] = text


def at_column(row: Place, letter: str) -> Place:
    """Return the place of a cell of a row."""
    return replace(row, column=letter)
