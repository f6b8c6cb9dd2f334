# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a row holds is asked for by name: no far place of a row, no long tuples."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.sources import PROGRAMS, modules, name_of, nodes, tree

FURTHEST = 3
"""Place of a row that may be asked for by number; four can be held in mind."""
LONGEST = 4
"""Places of a tuple, for the same reason."""
LONG = {
    "aef/checks/history.py": "an order to sort by",
    "broker/clearing/sharing/sharing_rows.py": "a key, which is only compared",
    "broker/regime/stated.py": "a row for the driver, which is written by one statement",
    "broker/reports/paris/invariants/adjustments.py": "a key, which is only compared",
    "broker/reports/paris/meta_registry.py": "an order to sort by",
    "broker/rulebook/general/reported.py": "a key, which is only compared",
    "proto/hostile/keys.py": "a table of test vectors, which is only written out",
    "broker/store/needs.py": "what is wanted, handed over to SQL as JSON in this order",
}
"""Files with a longer tuple, and why it has no class."""


def far_places(parsed: ast.AST) -> Iterator[int]:
    """Lines that ask a row for something by a high number."""
    for node in nodes(parsed):
        if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name):
            continue
        if node.value.id != "row" and not node.value.id.endswith("_row"):
            continue
        of = node.slice
        places = (of.lower, of.upper) if isinstance(of, ast.Slice) else (of,)
        if any(
            isinstance(each, ast.Constant) and isinstance(each.value, int) and each.value > FURTHEST
            for each in places
        ):
            yield node.lineno


def long_tuples(parsed: ast.AST) -> Iterator[int]:
    """Lines with a type of tuples that have many places."""
    for node in nodes(parsed):
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Name)
            and node.value.id == "tuple"
            and isinstance(node.slice, ast.Tuple)
            and len(node.slice.elts) > LONGEST
        ):
            yield node.lineno


WORDS = frozenset({"type", "status"})
"""Fields whose values are words of an enum, wherever they stand."""


def words_as_text(parsed: ast.AST) -> Iterator[int]:
    """Lines with a field that has a few words for values, and is any text by its type."""
    for owner in nodes(parsed):
        for node in owner.body if isinstance(owner, ast.ClassDef) else ():
            if (
                isinstance(node, ast.AnnAssign)
                and isinstance(node.target, ast.Name)
                and node.target.id in WORDS
                and "str"
                in {each.id for each in ast.walk(node.annotation) if isinstance(each, ast.Name)}
            ):
                yield node.lineno


@pytest.mark.parametrize("program", PROGRAMS)
def test_words_of_an_enum_are_no_text(program: str) -> None:
    found = [
        f"{name_of(path)}:{line}" for path in modules(program) for line in words_as_text(tree(path))
    ]
    assert found == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_far_place_of_a_row_is_asked_for_by_number(program: str) -> None:
    found = [
        f"{name_of(path)}:{line}" for path in modules(program) for line in far_places(tree(path))
    ]
    assert found == []


def test_only_listed_files_have_long_tuples() -> None:
    found = {
        name_of(path): list(lines)
        for path in modules(*PROGRAMS)
        if (lines := tuple(long_tuples(tree(path))))
    }
    assert set(found) - set(LONG) == set(), found
    assert set(LONG) - set(found) == set(), "these have none any more: take them out"


def test_what_is_forbidden_is_found() -> None:
    assert list(far_places(ast.parse("x = row[4]\ny = row[3]\nz = row[:9]\nt = tables[7]"))) == [
        1,
        3,
    ]
    assert list(
        long_tuples(ast.parse("a: tuple[int, int, int, int, int]\nb: tuple[int, ...]"))
    ) == [1]


ANY_COLUMN = re.compile(
    r"SELECT \*|INSERT (?:OR \w+ )?INTO [\w.]+ (?:VALUES|SELECT|\{)", re.IGNORECASE
)
"""SQL that means other columns once a table has more of them."""
ON_ITS_OWN = {
    "broker/bench/neighbours.py": "a database of its own, which is measured",
    "broker/reports/paris/timeline.py": "a database of its own, which is made anew",
    "broker/verifying/touched.py": "temporary tables",
}


def texts(parsed: ast.AST) -> Iterator[tuple[int, str]]:
    """Every text of a module, with what is put into it left out."""
    for node in nodes(parsed):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (e.value if isinstance(e, ast.Constant) else "{" for e in node.values)
            yield node.lineno, "".join(map(str, parts))


def any_columns(parsed: ast.AST) -> Iterator[int]:
    return (line for line, text in texts(parsed) if ANY_COLUMN.search(text))


def test_columns_are_named_so_that_a_later_version_may_add_some() -> None:
    found = [
        f"{name}:{line}"
        for path in modules(*PROGRAMS)
        if (name := name_of(path)) not in ON_ITS_OWN
        and ANY_COLUMN.search(text := path.read_text(encoding="utf-8"))
        for line in any_columns(ast.parse(text))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ("x = 'SELECT * FROM key'", True),
        ("x = 'INSERT INTO key VALUES (?)'", True),
        ("x = f'INSERT OR REPLACE INTO key {more}'", True),
        ("x = 'INSERT INTO key SELECT a FROM old'", True),
        ("x = 'INSERT INTO key (a) VALUES (?)'", False),
        ("x = 'SELECT count(*) FROM key'", False),
    ],
)
def test_what_means_any_column_is_found(source: str, caught: bool) -> None:
    assert bool(list(any_columns(ast.parse(source)))) == caught
