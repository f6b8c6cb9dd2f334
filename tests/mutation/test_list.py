# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The list of planted bugs fits the tree as it is: each can be planted, and its tests exist."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.mutation.bug import Bug
from tests.mutation.planted import BUGS
from tests.mutation.running import ROOT

PROGRAMS = ("broker/", "registry_node/", "proto/itmo/", "sef/")


def test_every_bug_has_a_name_of_its_own() -> None:
    assert len({bug.id for bug in BUGS}) == len(BUGS)


@pytest.mark.parametrize("bug", BUGS, ids=[bug.id for bug in BUGS])
def test_a_bug_can_be_planted(bug: Bug) -> None:
    assert bug.file.startswith(PROGRAMS)
    assert bug.breaks.endswith(".")
    planted = bug.planted_in((ROOT / bug.file).read_text(encoding="utf-8"))
    if bug.file.endswith(".py"):
        ast.parse(planted)


@pytest.mark.parametrize("bug", BUGS, ids=[bug.id for bug in BUGS])
def test_its_tests_exist(bug: Bug) -> None:
    assert bug.tests
    for test in bug.tests:
        name, _, function = test.partition("::")
        path = ROOT / name
        assert path.is_file(), test
        if function:
            assert function.partition("[")[0] in _functions(path), test


@cache
def _functions(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
