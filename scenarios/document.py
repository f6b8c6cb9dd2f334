# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From the text of a file to a YAML tree, with bounds on everything that could exhaust a machine."""

from __future__ import annotations

from typing import Final

import yaml

from itmo.reasons import shown
from scenarios.values import Problem, Value

MAX_BYTES: Final = 256 * 1024
"""Several thousand steps; a file past it is no story."""
MAX_DEPTH: Final = 12
"""The format itself needs seven levels."""
MAX_NODES: Final = 50_000
"""Nodes after aliases are followed, so that a few lines cannot stand for billions."""


class ScenarioInvalid(Exception):  # noqa: N818  # a finding about a file, not a failure of ours
    """A file is no valid scenario; carries every fault found."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        super().__init__(file, problems)
        self.file = file
        self.problems = sorted(set(problems))


def parse(file: str, content: bytes) -> Value:
    """Reads one YAML document.

    Raises:
        ScenarioInvalid: too large, too deep, not UTF-8, not YAML, or not one document.
    """
    if len(content) > MAX_BYTES:
        raise _refused(file, 1, f"the file has {len(content)} bytes; at most {MAX_BYTES} are read")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(file, line, "the file is not UTF-8 text") from None
    try:
        _bound(file, text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise _refused(file, line, f"not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise _refused(file, 1, f"not YAML: {shown(str(error), 200)}") from None
    if root is None:
        raise _refused(file, 1, "the file is empty")
    _bound_aliases(file, root)
    return Value(root, "", [])


def _bound(file: str, text: str) -> None:
    """Walks over the events, which takes no stack, before anything is built from them."""
    depth = nodes = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        nodes += isinstance(event, yaml.NodeEvent)
        if depth > MAX_DEPTH:
            raise _refused(file, line, f"nested deeper than {MAX_DEPTH} levels")
        if nodes > MAX_NODES:
            raise _refused(file, line, f"more than {MAX_NODES} values")
        if documents > 1:
            raise _refused(file, line, "a second document; write one scenario to a file")


def _bound_aliases(file: str, root: yaml.Node) -> None:
    """Counts nodes with aliases followed; depth bounds aliases that contain themselves."""
    count = 0
    waiting: list[tuple[yaml.Node, int]] = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        count += 1
        line = node.start_mark.line + 1
        if depth > MAX_DEPTH or count > MAX_NODES:
            raise _refused(file, line, f"aliases (*name) stand for more than {MAX_NODES} values")
        if isinstance(node, yaml.SequenceNode):
            waiting += [(child, depth + 1) for child in node.value]
        elif isinstance(node, yaml.MappingNode):
            waiting += [(child, depth + 1) for pair in node.value for child in pair]


def _refused(file: str, line: int, text: str) -> ScenarioInvalid:
    return ScenarioInvalid(file, [Problem(line, "", text)])
