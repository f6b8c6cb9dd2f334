# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The books of an existing registry system as a file: CSV or JSON with the same columns.

CSV has one row per holding or action; the column `row` says which. JSON has the lists `holdings`
and `actions`. Columns that do not apply are left empty. The page `deploy/docs/sharing.md` describes
them all. A file that is not understood to the last cell is refused: a report is signed.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from google.protobuf.timestamp_pb2 import Timestamp

from itmo import limits
from itmo.clock import from_text
from itmo.core.v1 import rulebooks_pb2, sharing_pb2, units_pb2
from itmo.files import read_plain_file
from itmo.paris.v1 import attributes_pb2, terms_pb2
from itmo.reasons import ProtocolError, Reason, shown
from itmo.serials import parse_serial_range
from itmo.timestamps import timestamp

Row: TypeAlias = Mapping[str, str]

_UNITS: Final = frozenset(
    {
        "units", "account_type", "first_transferred", "unit_type", "cooperative_approach",
        "first_transferring_party", "vintage", "authorization", "authorization_version",
        "non_ghg_metric", "mitigation_type", "sector", "activity_type",
    }
)  # fmt: skip
_HOLDING: Final = _UNITS | {"row", "registry"}
_ACTION: Final = _HOLDING | {"action_id", "time", "type", "counterparty", "year_of_use"}
_MAX_BYTES: Final = 16 * 1024 * limits.KIB
"""Of a file: several times what one report holds."""


class ReportFile:
    """A ReportSource over a file that the registry system writes; it is read anew every time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, registry: str) -> sharing_pb2.RegistryReport | None:
        """Returns what the file says of a registry.

        Raises:
            ProtocolError: PAYLOAD_INVALID or CONFIGURATION_INVALID, with the file and the row.
        """
        return read_report(self._path, registry)


def read_report(path: Path, registry: str = "") -> sharing_pb2.RegistryReport:
    """Reads a report; rows of other registries are left out, rows that name none belong to all.

    Raises:
        ProtocolError: PAYLOAD_INVALID or CONFIGURATION_INVALID, with the file and the row.
    """
    try:
        text = read_plain_file(path, _MAX_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID, f"{path} cannot be read: {error}.", source=str(path)
        ) from None
    report = sharing_pb2.RegistryReport(registry=registry)
    rows = _json_rows(path, text, report) if path.suffix == ".json" else _csv_rows(path, text)
    for where, kind, row in rows:
        try:
            if registry and row.get("registry", registry) not in ("", registry):
                continue
            _add(report, kind, row)
        except (ProtocolError, ValueError) as error:
            said = error.message if isinstance(error, ProtocolError) else str(error)
            raise _wrong(path, where, said) from None
    report.complete = bool(report.holdings) or report.complete
    return report


def _csv_rows(path: Path, text: str) -> Iterator[tuple[str, str, Row]]:
    reader = csv.DictReader(text.splitlines(), strict=True)
    unknown = set(reader.fieldnames or ()) - _ACTION
    if unknown:
        raise _wrong(path, "line 1", f"unknown column {shown(min(unknown), 40)}")
    try:
        for row in reader:
            where = f"line {reader.line_num}"
            if None in row or None in row.values():  # more or fewer cells than columns
                raise _wrong(path, where, "it has another number of cells than the first line")
            filled = {name: cell.strip() for name, cell in row.items() if cell.strip()}
            yield where, filled.get("row", ""), filled
    except csv.Error as error:
        raise _wrong(path, f"line {reader.line_num}", str(error)) from None


def _json_rows(
    path: Path, text: str, report: sharing_pb2.RegistryReport
) -> Iterator[tuple[str, str, Row]]:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        raise _wrong(path, "", "it is no JSON") from None
    if not isinstance(tree, dict) or tree.keys() - {"as_of", "complete", "holdings", "actions"}:
        raise _wrong(path, "", "expected an object with as_of, complete, holdings, actions")
    if "as_of" in tree:
        report.as_of.CopyFrom(_time(str(tree["as_of"]), "as_of"))
    report.complete = tree.get("complete") is True or "holdings" in tree
    for kind in ("holding", "action"):
        listed = tree.get(f"{kind}s", [])
        if not isinstance(listed, list):
            raise _wrong(path, f"{kind}s", "expected a list")
        for place, each in enumerate(listed):
            where = f"{kind}s[{place}]"
            if not isinstance(each, dict) or not each.keys() <= _ACTION - {"row"}:
                raise _wrong(path, where, f"expected an object with {', '.join(sorted(_ACTION))}")
            try:
                row = {name: _text(value) for name, value in each.items()}
            except ValueError as error:
                raise _wrong(path, where, str(error)) from None
            yield where, kind, row


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | str):
        return str(value)
    raise ValueError(f"found {shown(value, 40)}, expected text, a whole number, true or false")


def _add(report: sharing_pb2.RegistryReport, kind: str, row: Row) -> None:
    if kind == "holding":
        if extra := row.keys() - _HOLDING:
            raise ValueError(f"a holding has no {min(extra)}")
        report.holdings.add(
            block=_block(row),
            account_type=_number(row, "account_type"),
            marks=_marks(row),
        )
    elif kind == "action":
        name = row.get("type", "").upper()
        if name not in _TYPES:
            raise ValueError(f"type is {shown(name, 40)}, expected one of {', '.join(_TYPES)}")
        report.actions.add(
            action_id=_need(row, "action_id"),
            time=_time(_need(row, "time"), "time"),
            type=_TYPES[name],
            block=_block(row),
            account_type=_number(row, "account_type"),
            counterparty=row.get("counterparty", ""),
            terms=_terms(row),
            marks=_marks(row),
        )
    else:
        raise ValueError(f"row is {shown(kind, 20)}, expected holding or action")


_TYPES: Final = {
    name.removeprefix("REPORTED_ACTION_TYPE_"): value
    for name, value in sharing_pb2.ReportedActionType.items()
    if value
}


def _block(row: Row) -> units_pb2.UnitBlock:
    registry, _, serials = _need(row, "units").rpartition(":")
    if "-" not in serials:
        serials = f"{serials}-{serials}"
    run = parse_serial_range(serials, "units")
    if not registry:
        raise ValueError("units name no registry; write VUT01:1-50")
    metric = row.get("non_ghg_metric", "")
    attributes = attributes_pb2.UnitAttributes(
        unit_type=attributes_pb2.UnitType.Value(f"UNIT_TYPE_{row.get('unit_type', 'ITMO')}"),
        cooperative_approach=row.get("cooperative_approach", ""),
        first_transferring_party=row.get("first_transferring_party", registry[:3]),
        vintage=_number(row, "vintage"),
        metric=attributes_pb2.METRIC_NON_GHG if metric else attributes_pb2.METRIC_GHG,
        non_ghg_metric=metric,
        mitigation_type=attributes_pb2.MitigationType.Value(
            f"MITIGATION_TYPE_{row.get('mitigation_type', 'EMISSION_REDUCTIONS')}"
        ),
        sector=row.get("sector", ""),
        activity_type=row.get("activity_type", ""),
    )
    if "authorization" in row:
        attributes.authorization.id = row["authorization"]
        attributes.authorization.version = _number(row, "authorization_version") or 1
    return units_pb2.UnitBlock(
        registry=registry,
        first=run.first,
        last=run.last,
        attributes=rulebooks_pb2.UnitAttributes(paris=attributes),
    )


def _time(text: str, where: str) -> Timestamp:
    """A time in UTC, to the second or the millisecond."""
    return timestamp(from_text(text if "." in text else text.replace("Z", ".000Z"), where))


def _need(row: Row, name: str) -> str:
    if not row.get(name):
        raise ValueError(f"{name} is missing")
    return row[name]


def _number(row: Row, name: str) -> int:
    text = row.get(name, "0")
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS):
        raise ValueError(f"{name} is {shown(text, 20)}, expected a whole number")
    return int(text)


_MAX_DIGITS: Final = 4
"""Of years, account types and versions."""


def _terms(row: Row) -> rulebooks_pb2.TransactionTerms | None:
    year = _number(row, "year_of_use")
    if not year:
        return None
    return rulebooks_pb2.TransactionTerms(paris=terms_pb2.TransactionTerms(year_of_use=year))


def _marks(row: Row) -> list[str]:
    text = row.get("first_transferred", "no")
    if text not in ("yes", "no"):
        raise ValueError(f"first_transferred is {shown(text, 20)}, expected yes or no")
    return ["FIRST_TRANSFERRED"] if text == "yes" else []


def _wrong(path: Path, where: str, fault: str) -> ProtocolError:
    place = f"{path.name}, {where}" if where else path.name
    return ProtocolError(
        Reason.PAYLOAD_INVALID,
        f"{place}: {fault.rstrip('.')}.",
        where=place,
        expected="see the sharing page",
    )
