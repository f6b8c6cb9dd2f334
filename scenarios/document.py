# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From the text of a file to a YAML tree, or every fault found in it."""

from __future__ import annotations

from itmo.plain_yaml import YamlFault, compose
from scenarios.values import Problem, Value


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
    try:
        return Value(compose(content), "", [])
    except YamlFault as fault:
        raise ScenarioInvalid(file, [Problem(fault.line, "", fault.text)]) from None
