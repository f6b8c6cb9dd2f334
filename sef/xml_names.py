# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The XML form: which elements the tables, rows and sides are, in either namespace.

No published file in this form was seen; the names are those of the schema that its generator carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sef.layout import Family
from sef.model import Row, Side, Table

FIRST: Final = "urn:KyotoProtocol:RegistrySystem:SEF:1.0:0.0"
SECOND: Final = "urn:KyotoProtocol:RegistrySystem:SEF:2.0:0.0"
NAMESPACES: Final[Mapping[Family, str]] = {Family.CP1: FIRST, Family.CP2: SECOND}
ROOT: Final = "SEFSubmission"
SIDES: Final[Mapping[Side, str]] = {
    Side.QUANTITY: "",
    Side.ADDITIONS: "Additions",
    Side.SUBTRACTIONS: "Subtractions",
    Side.REQUIREMENT: "RequirementForReplacement",
    Side.REPLACEMENT: "Replacement",
    Side.CANCELLATION: "Cancellation",
    Side.TRANSFERRED: "AmountTransferred",
    Side.CONTRIBUTED: "AmountContributed",
}
"""Element of each side; of tables without sides the quantities stand in the row itself."""
UNIT: Final = "UnitQty"
CER: Final = "CerQty"
"""Element of a quantity: of a requirement the second."""
_OF_THE_SECOND: Final = frozenset(
    {
        "AdaptationFundType", "AmountContributed", "AmountTransferred", "AnnualReplacement",
        "AnnualReplacements", "AnnualRetirement", "AnnualRetirements", "AnnualTransaction",
        "AnnualTransactionPPSR", "AnnualTransactions", "AnnualTransactionsPPSR", "Cancellation",
        "Header", "PPSRTransfer", "Retirement", "StartingValues", "TotalTxOrEvent",
        "TransactionOrEventType",
    }
)  # fmt: skip
"""Inner elements that the second namespace has of its own; the others are those of the first."""


def namespace_of(element: str, family: Family) -> str:
    """Returns the namespace of an element."""
    second = element in _OF_THE_SECOND or element.startswith(("Table", ROOT))
    return SECOND if family is Family.CP2 and second else FIRST


@dataclass(frozen=True, slots=True)
class TableNames:
    """How a table is written.

    Attributes:
        table: Its element.
        rows: Element of a row; empty where every row has an element of its own.
        key: Attribute that says which row: name, year, registry or transactionNumber.
        within: Element around the rows of its own; empty for none.
        alone: Elements of rows without such an attribute, as sums.
        inner: The same of those that stand within the element around the rows.
    """

    table: str
    rows: str = ""
    key: str = "name"
    within: str = ""
    alone: tuple[tuple[Row, str], ...] = ()
    inner: tuple[tuple[Row, str], ...] = ()


_UNITS_TOTAL: Final = ((Row.TOTAL, "TotalUnitQty"),)
_SUM: Final = ((Row.TOTAL, "TotalAdditionSubtraction"),)
_SUBTOTAL: Final = ((Row.SUBTOTAL, "SubTotal"),)
_EVENTS: Final = ((Row.TOTAL, "TotalTxOrEvent"),)
_YEARLY: Final = ("year", "AnnualTransactions")
_COMMON: Final[Mapping[Table, TableNames]] = {
    Table.START: TableNames("Table1", "AccountType", alone=_UNITS_TOTAL),
    Table.INTERNAL: TableNames("Table2a", "TransactionType", alone=_SUBTOTAL),
    Table.EXTERNAL: TableNames("Table2b", "ExternalTransfer", "registry", alone=_SUBTOTAL),
    Table.EXPIRY: TableNames("Table3", "TransactionOrEventType", alone=_EVENTS),
    Table.END: TableNames("Table4", "AccountType", alone=_UNITS_TOTAL),
    Table.CORRECTIONS: TableNames("Table6a", "CorrectiveTransaction", "transactionNumber"),
    Table.CORRECTED_REPLACEMENT: TableNames(
        "Table6b", "CorrectiveReplacement", "transactionNumber"
    ),
    Table.CORRECTED_RETIREMENT: TableNames("Table6c", "CorrectiveRetirement", "transactionNumber"),
}
_CP1: Final[Mapping[Table, TableNames]] = {
    Table.RETIREMENT: TableNames("Table2a", alone=((Row.RETIREMENT, "Retirement"),)),
    Table.VERIFIED_ERUS: TableNames(
        "Table2b", alone=((Row.VERIFIED_ERUS, "AdditionalInformation"),)
    ),
    Table.TOTAL: TableNames("Table2c", alone=_SUM),
    Table.STARTING_VALUES: TableNames(
        "Table5a", "StartingValue", within="StartingValues", inner=((Row.TOTAL, "SubTotal"),)
    ),
    Table.YEARS: TableNames(
        "Table5a",
        "AnnualTransaction",
        *_YEARLY,
        alone=((Row.GRAND_TOTAL, "TotalAdditionSubtraction"),),
        inner=((Row.TOTAL, "SubTotal"),),
    ),
    Table.REPLACEMENT_YEARS: TableNames(
        "Table5b",
        "AnnualReplacement",
        "year",
        "AnnualReplacements",
        alone=((Row.PREVIOUS_PERIODS, "PreviousCP"), *_EVENTS),
    ),
    Table.RETIREMENT_YEARS: TableNames(
        "Table5c", "AnnualRetirement", "year", "AnnualRetirements", alone=_UNITS_TOTAL
    ),
}
_CP2: Final[Mapping[Table, TableNames]] = {
    Table.RETIREMENT: TableNames("Table2aRetirement", "Retirement", alone=_UNITS_TOTAL),
    Table.RESERVE: TableNames("Table2c", "PPSRTransfer", "registry", alone=_SUBTOTAL),
    Table.PROCEEDS: TableNames("Table2d", "AdaptationFundType"),
    Table.TOTAL: TableNames("Table2e", alone=_SUM),
    Table.STARTING_VALUES: TableNames(
        "Table5a", "StartingValue", within="StartingValues", alone=_SUM
    ),
    Table.YEARS: TableNames("Table5b", "AnnualTransaction", *_YEARLY, alone=_SUM),
    Table.RESERVE_YEARS: TableNames(
        "Table5c", "AnnualTransactionPPSR", "year", "AnnualTransactionsPPSR", alone=_SUM
    ),
    Table.REPLACEMENT_YEARS: TableNames(
        "Table5d", "AnnualReplacement", "year", "AnnualReplacements", alone=_EVENTS
    ),
    Table.RETIREMENT_YEARS: TableNames(
        "Table5e", "AnnualRetirement", "year", "AnnualRetirements", alone=_UNITS_TOTAL
    ),
}
TABLES: Final[Mapping[Family, Mapping[Table, TableNames]]] = {
    Family.CP1: {**_COMMON, **_CP1},
    Family.CP2: {**_COMMON, **_CP2},
}
