# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of YAML nodes: every value knows its line and key, every fault is noted, none is final.

Nothing is constructed from YAML: scalars are read from their text by the rules given here, so the
surprises of YAML 1.1 (octal and base-60 numbers, yes and no, merge keys) do not arise. A reader that
notes a fault returns a stand-in of the right type, so that one run names all faults of a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar

import yaml

from itmo.identifiers import parse_free_text
from itmo.plain_yaml import YamlFault, plain
from itmo.reasons import ProtocolError, shown

_TAG: Final = "tag:yaml.org,2002:"
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9_]{0,25})", re.ASCII)
_NUMBER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9_]{0,25})(?:\.[0-9]{1,30})?", re.ASCII)
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,3})?)Z", re.ASCII
)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DURATION: Final = re.compile(r"(?:[0-9]{1,9}[smhd])+", re.ASCII)
_PART: Final = re.compile(r"([0-9]{1,9})([smhd])", re.ASCII)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_TEXT: Final = 500

T = TypeVar("T")
KINDS: Final = {
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
    "timestamp": "a time",
    "map": "a mapping",
    "seq": "a list",
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A fault of a scenario file."""

    line: int
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """A YAML node, where it stands, and where faults are noted."""

    node: yaml.Node
    key: str
    problems: list[Problem] = field(repr=False)

    @property
    def line(self) -> int:
        """Line in the file, from 1."""
        return int(self.node.start_mark.line) + 1

    def fault(self, text: str) -> None:
        """Notes a fault of this value."""
        self.problems.append(Problem(self.line, self.key, text))

    def wrong(self, expected: str) -> None:
        """Notes that this value is not what is expected here."""
        found = KINDS.get(self.node.tag.removeprefix(_TAG), f"the tag {shown(self.node.tag)}")
        if isinstance(self.node, yaml.ScalarNode) and self.node.value:
            found = shown(self.node.value)
        self.fault(f"found {found}, expected {expected}")

    def is_mapping(self) -> bool:
        """True for a mapping."""
        return isinstance(self.node, yaml.MappingNode)

    def is_list(self) -> bool:
        """True for a list."""
        return isinstance(self.node, yaml.SequenceNode)

    def is_text(self) -> bool:
        """True for a scalar that is text."""
        return self.node.tag == f"{_TAG}str"

    def is_null(self) -> bool:
        """True where nothing is written."""
        return self.node.tag == f"{_TAG}null"

    def _scalar(self, *kinds: str) -> str | None:
        """The text of a scalar of one of the kinds."""
        tags = {f"{_TAG}{kind}" for kind in kinds}
        if isinstance(self.node, yaml.ScalarNode) and self.node.tag in tags:
            return str(self.node.value)
        return None

    def text(self) -> str:
        """Visible text; a number is no text unless it stands in quotation marks."""
        text = self._scalar("str")
        if text is None:
            quote = self._scalar("int", "float", "bool", "timestamp", "null")
            self.wrong("text; put it in quotation marks" if quote else "text")
            return ""
        try:
            return parse_free_text(text.strip("\n"), self.key, _MAX_TEXT)
        except ProtocolError as error:
            self.fault(error.message.removeprefix(f"{self.key}: ").rstrip("."))
            return ""

    def plain(self) -> Any:  # noqa: ANN401  # for what another reader judges
        """The value as files of commands are read; a fault is noted, and nothing returned."""
        try:
            return plain(self.node)
        except YamlFault as fault:
            self.problems.append(Problem(fault.line, self.key, fault.text))
            return None

    def text_or_number(self) -> str:
        """Text that may be written as a number, such as the serial of an underlying unit."""
        number = self._scalar("int")
        return number if number is not None and number.isdecimal() else self.text()

    def admitted(self, parse: Callable[[str, str], T]) -> T | None:
        """Text that an identifier's parser admits."""
        text = self.text()
        if not text:
            if self._scalar("str") == "":
                self.wrong("an identifier")
            return None
        try:
            return parse(text, self.key)
        except ProtocolError as error:
            self.fault(error.message.removeprefix(f"{self.key}: ").rstrip("."))
            return None

    def integer(self, lowest: int, highest: int) -> int:
        """A whole number in bounds."""
        text = self._scalar("int")
        if text is None or _INTEGER.fullmatch(text) is None:
            self.wrong("a whole number")
            return lowest
        number = int(text)
        if not lowest <= number <= highest:
            self.wrong(f"a whole number from {lowest} to {highest}")
            return lowest
        return number

    def year(self) -> int:
        """A calendar year."""
        return self.integer(1900, 9999)

    def number(self) -> float:
        """A number, whole or not; a whole one stays whole."""
        text = self._scalar("int", "float")
        if text is None or _NUMBER.fullmatch(text) is None:
            self.wrong("a number such as 638.6666666666666")
            return 0
        return float(text) if "." in text else int(text)

    def decimal(self) -> Decimal:
        """A number as it is written, such as 87.5; never a binary fraction."""
        text = self._scalar("int", "float")
        if text is None or _NUMBER.fullmatch(text) is None:
            self.wrong("a number such as 87.5")
            return Decimal(0)
        return Decimal(text.replace("_", ""))

    def boolean(self) -> bool:
        """Either `true` or `false`; the other spellings of YAML are refused."""
        text = self._scalar("bool")
        if text not in {"true", "false"}:
            self.wrong("true or false")
        return text == "true"

    def choice(self, table: Mapping[str, T]) -> T:
        """One of a list of words."""
        text = self._scalar("str", "null")
        if text is None or text not in table:
            self.wrong("one of " + ", ".join(table))
            return next(iter(table.values()))
        return table[text]

    def time(self) -> datetime:
        """A point in time, UTC only."""
        text = self._scalar("timestamp", "str")
        match = _TIME.fullmatch(text) if text is not None else None
        if match is not None:
            try:
                moment = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
            except ValueError:
                pass  # well formed, but no such day or hour
            else:
                if EPOCH < moment < _LATEST:
                    return moment
        self.wrong("a time in UTC such as 2023-08-01T00:00:00Z, after 1970 and before 9000")
        return EPOCH

    def is_time(self) -> bool:
        """True for what looks like a point in time rather than a duration."""
        text = self._scalar("timestamp", "str") or ""
        return self.node.tag == f"{_TAG}timestamp" or _TIME.fullmatch(text) is not None

    def date(self) -> date:
        """A calendar date."""
        text = self._scalar("timestamp", "str")
        if text is not None and _DATE.fullmatch(text) is not None:
            try:
                return date.fromisoformat(text)
            except ValueError:
                pass  # well formed, but no such day
        self.wrong("a date such as 2023-08-01")
        return EPOCH.date()

    def duration(self) -> timedelta:
        """A length of time: numbers with s, m, h or d."""
        text = self._scalar("str")
        if text is None or _DURATION.fullmatch(text) is None:
            self.wrong("a length of time such as 90s, 5m, 2h or 3d")
            return timedelta(0)
        seconds = sum(int(count) * _SECONDS[unit] for count, unit in _PART.findall(text))
        # A thousand years: more would leave the calendar.
        if seconds > 1000 * 366 * 86400:
            self.wrong("a length of time of less than a thousand years")
            return timedelta(0)
        return timedelta(seconds=seconds)

    def items(self) -> list[Value]:
        """The entries of a list."""
        if not isinstance(self.node, yaml.SequenceNode) or self.node.tag != f"{_TAG}seq":
            self.wrong("a list")
            return []
        return [
            Value(node, f"{self.key}[{index}]", self.problems)
            for index, node in enumerate(self.node.value)
        ]

    def entries(self) -> list[tuple[Value, Value]]:
        """The keys of a mapping with their values; a key that occurs twice is a fault."""
        if not isinstance(self.node, yaml.MappingNode) or self.node.tag != f"{_TAG}map":
            self.wrong("a mapping of keys to values")
            return []
        seen: dict[str, int] = {}
        entries = []
        for key_node, node in self.node.value:
            key = Value(key_node, self.key, self.problems)
            if not isinstance(key_node, yaml.ScalarNode):
                key.fault("a key must be a plain word or number")
                continue
            # Without shown(), an id with an apostrophe would read oddly in every path below it.
            name = key_node.value if key_node.value.isprintable() else shown(key_node.value)
            path = f"{self.key}.{name}" if self.key else name
            if key_node.value in seen:
                again = Value(key_node, path, self.problems)
                again.fault(f"the key stands already in line {seen[key_node.value]}")
                continue
            seen[key_node.value] = int(key_node.start_mark.line) + 1
            entries.append((Value(key_node, path, self.problems), Value(node, path, self.problems)))
        return entries
