# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What travels with an error is what its row of the protocol's table says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from itmo.reasons import CATALOGUE, Reason
from tests.architecture.sources import PROGRAMS, ROOT, modules, name_of, nodes, tree

ELSEWHERE = ("/cli/", "/bench/", "/aef/", "/office/")
"""Where errors are told to a person at a command line, and never travel: details may be missing."""


def refusals(path: Path) -> Iterator[tuple[int, Reason, set[str]]]:
    """Every place in which an error with a reason is made, with the names of its details."""
    for each in nodes(tree(path)):
        made = getattr(each.func, "id", "") if isinstance(each, ast.Call) else ""
        if not isinstance(each, ast.Call) or made not in {"ProtocolError", "IllegalTransition"}:
            continue
        if not each.args or any(keyword.arg is None for keyword in each.keywords):
            continue
        named = each.args[0]
        if isinstance(named, ast.Attribute) and getattr(named.value, "id", "") == "Reason":
            yield each.lineno, Reason(named.attr), {str(word.arg) for word in each.keywords}


def test_every_error_has_the_details_of_the_table() -> None:
    wrong = []
    for path in modules(*PROGRAMS):
        travels = not any(part in f"/{name_of(path)}" for part in ELSEWHERE)
        for line, reason, given in refusals(path):
            entry = CATALOGUE[reason]
            missing = set(entry.metadata) - given if travels else set()
            waits = {"retry_after_ms"} if entry.retryable else set()
            unknown = given - set(entry.metadata) - set(entry.sometimes) - waits
            if missing or unknown:
                wrong.append(f"{name_of(path)}:{line} {reason}: lacks {missing}, has {unknown}")
    assert wrong == []


def test_whoever_is_turned_away_for_a_while_is_told_for_how_long() -> None:
    """Each RESOURCE_EXHAUSTED that the broker's parts make says when to come again."""
    silent, found = [], 0
    for path in modules("broker", "proto"):
        if any(part in f"/{name_of(path)}" for part in ELSEWHERE):
            continue
        for line, reason, given in refusals(path):
            if CATALOGUE[reason].grpc_code == "RESOURCE_EXHAUSTED":
                found += 1
                if "retry_after_ms" not in given:
                    silent.append(f"{name_of(path)}:{line} {reason}")
    assert silent == []
    assert found >= 4


def test_no_detail_is_written_in_the_quotes_of_a_language() -> None:
    wrong = []
    for path in modules(*PROGRAMS):
        for each in nodes(tree(path)):
            if isinstance(each, ast.Call) and getattr(each.func, "id", "") == "ProtocolError":
                wrong += [
                    f"{path.relative_to(ROOT)}:{word.value.lineno}"
                    for word in each.keywords
                    if isinstance(word.value, ast.Call)
                    and getattr(word.value.func, "id", "") in {"shown", "ascii", "repr"}
                ]
    assert wrong == []
