# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""YAML as people mean it: a value is what is written, and nothing is read in silence as something else.

Numbers are whole and decimal, without leading zeros; `true` and `false` are the only truth values.
Whatever else stands without quotation marks is text, letter by letter: `0012`, `1006.40`, `1e5`, `12:30`,
`No` and `2023-08-02`. A key that is written twice is refused. So are depth, size and aliases that could
exhaust a machine.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import yaml

from itmo.files import read_plain_file
from itmo.reasons import ProtocolError, Reason, shown

MAX_BYTES: Final = 256 * 1024
"""Several thousand steps of a story; a file past it is another one."""
MAX_DEPTH: Final = 12
"""The deepest format, that of scenarios, needs seven levels."""
MAX_NODES: Final = 50_000
"""Nodes after aliases are followed, so that a few lines cannot stand for billions."""

_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9_]{0,25})", re.ASCII)
_NOTHING: Final = frozenset({"", "~", "null"})
_TAG: Final = "tag:yaml.org,2002:"
_PLAIN_TAGS: Final = frozenset(
    f"{_TAG}{kind}"
    for kind in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value")
)

Plain = None | bool | int | str | list["Plain"] | dict["bool | int | str | None", "Plain"]


class YamlFault(Exception):  # noqa: N818  # a finding about a file, not a failure of ours
    """What is wrong with a text, and in which line, from 1."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(line, text)
        self.line = line
        self.text = text


class WrittenNumber(int):
    """A whole number that is text as it was written where text is wanted."""

    written: str

    @classmethod
    def of(cls, written: str) -> WrittenNumber:
        """Reads one."""
        made = cls(written.replace("_", ""))
        made.written = written
        return made

    def __str__(self) -> str:
        """Returns it as it was written."""
        return self.written


def read_yaml(path: Path) -> Plain:
    """Reads a YAML file that somebody named.

    Raises:
        ProtocolError: PAYLOAD_INVALID, with file, line, and what is wrong there.
    """
    try:
        return plain(compose(read_plain_file(path)))
    except YamlFault as fault:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{path}:{fault.line}: {fault.text}.",
            where=str(path),
            found=f"line {fault.line}",
        ) from None


def compose(content: bytes) -> yaml.Node:
    """Reads one YAML document as a tree of nodes that know their lines.

    Raises:
        YamlFault: too large, too deep, not UTF-8, not YAML, empty, or more than one document.
    """
    if len(content) > MAX_BYTES:
        raise YamlFault(1, f"the file has {len(content)} bytes; at most {MAX_BYTES} are read")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise YamlFault(line, "the file is not UTF-8 text") from None
    try:
        root = yaml.compose(text, Loader=_Bounded)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise YamlFault(line, f"not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise YamlFault(1, f"not YAML: {shown(str(error), 200)}") from None
    if root is None:
        raise YamlFault(1, "the file is empty")
    _bound_aliases(root)
    return root


def plain(node: yaml.Node) -> Plain:
    """Returns what a node says.

    Raises:
        YamlFault: a key that is written twice or is no word or number, or a tag.
    """
    if node.tag not in _PLAIN_TAGS:
        raise YamlFault(_line(node), f"found the tag {shown(node.tag)}, expected none")
    if isinstance(node, yaml.SequenceNode):
        return [plain(each) for each in node.value]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    assert isinstance(node, yaml.ScalarNode)  # noqa: S101  # the third kind of three
    return _scalar(node)


def _mapping(node: yaml.MappingNode) -> Plain:
    made: dict[bool | int | str | None, Plain] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise YamlFault(_line(key_node), "a key must be a plain word or number")
        written = str(key_node.value)
        if written in lines:
            raise YamlFault(
                _line(key_node),
                f"the key {shown(written)} stands already in line {lines[written]}; write it once",
            )
        lines[written] = _line(key_node)
        key = _scalar(key_node)
        made[key if isinstance(key, int | str) else written] = plain(value_node)
    return made


def _scalar(node: yaml.ScalarNode) -> bool | int | str | None:
    text = str(node.value)
    if node.style is not None:  # in quotation marks, or a block of lines
        return text
    if text in _NOTHING:
        return None
    if text in ("true", "false"):
        return text == "true"
    return WrittenNumber.of(text) if _INTEGER.fullmatch(text) else text


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


class _Bounded(yaml.SafeLoader):
    """Looks at each event before anything is built from it, so that no stack grows deeper than MAX_DEPTH."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = self._nodes = self._documents = 0

    def get_event(self) -> yaml.Event:
        event: yaml.Event = super().get_event()  # type: ignore[no-untyped-call]  # of a library without types
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.CollectionStartEvent):
            self._depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            self._depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
        self._nodes += isinstance(event, yaml.NodeEvent)
        if self._depth > MAX_DEPTH:
            raise YamlFault(line, f"nested deeper than {MAX_DEPTH} levels")
        if self._nodes > MAX_NODES:
            raise YamlFault(line, f"more than {MAX_NODES} values")
        if self._documents > 1:
            raise YamlFault(line, "a second document; write one to a file")
        return event


def _bound_aliases(root: yaml.Node) -> None:
    """Counts nodes with aliases followed; depth bounds aliases that contain themselves."""
    count = 0
    waiting: list[tuple[yaml.Node, int]] = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if depth > MAX_DEPTH or count > MAX_NODES:
            raise YamlFault(_line(node), f"aliases (*name) stand for more than {MAX_NODES} values")
        if isinstance(node, yaml.SequenceNode):
            waiting += [(child, depth + 1) for child in node.value]
        elif isinstance(node, yaml.MappingNode):
            waiting += [(child, depth + 1) for pair in node.value for child in pair]
