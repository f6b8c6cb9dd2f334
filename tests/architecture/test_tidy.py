# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""House rules that a machine can check."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.sources import (
    EVERYTHING,
    PROGRAMS,
    ROOT,
    TEXT_SUFFIXES,
    files,
    module_of,
    modules,
    name_of,
    nodes,
    tree,
    within,
)

MAX_MODULE_LINES = 500
MAX_TEST_LINES = 800
MAX_FUNCTION_LINES = 60
BANNED_NAMES = {"common", "helper", "helpers", "misc", "util", "utils"}
SPDX = (
    "SPDX-FileCopyrightText: 2026 The clearing-house authors",
    "SPDX-License-Identifier: Apache-2.0",
)

DECIDING = (
    "broker.adjustments",
    "broker.clearing",
    "broker.ledger",
    "broker.log",
    "broker.regime",
    "broker.rulebook",
    "registry_node.commands",
    "registry_node.inbox",
    "registry_node.ledger",
    "registry_node.outbox",
    "registry_node.proposals",
)
"""Code that is given time, randomness and ids."""
SOURCES_OF_CHANCE = ("itmo.clock", "itmo.ids")
WHERE_UNITS_ARE_COUNTED = (
    "broker.adjustments",
    "broker.clearing",
    "broker.ledger",
    "broker.regime",
    "broker.rulebook",
    "broker.store",
    "registry_node.commands",
    "registry_node.inbox",
    "registry_node.ledger",
    "registry_node.proposals",
    "registry_node.store",
)
# In pieces, so that this file does not find itself.
LEFTOVERS = re.compile(
    r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b"
)
MACHINE_PATH = re.compile(r"(?<![\w.$}~-])/(?:work|root|home|Users)/\w")
REGISTRY_HOSTS = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("npmjs", "com"),
            ("npmjs", "org"),
            ("crates", "io"),
            ("debian", "org"),
        )
    )
)
SECOND_WORDS = re.compile("exit[- ]" + "code", re.IGNORECASE)
"""A thing has one word: what a program ends with is its exit status."""
WORKING_NAMES = re.compile(
    r"\b[Ss]eed[s]? 0\d\d\b|\b[Ss]eed \d+,? para|\bS00\d\b|(?<![\w\])])\[[ABC](?::[^\]\n]*)?\]"
    r"|\b(?:CONS|GSV|UNDP-AUDIT)\b|common sense|domain facts|UNDP audit"
)
"""Names that sources and doubts had while the project was written: a decision is cited by its name."""
FORBIDDEN_CALLS = {
    ("date", "today"),
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("os", "urandom"),
    ("time", "monotonic"),
    ("time", "perf_counter"),
    ("time", "time"),
    ("uuid", "uuid1"),
    ("uuid", "uuid4"),
    ("uuid", "uuid7"),
}
FORBIDDEN_MODULES = {"random", "secrets", "time", "uuid"}


def protocol_modules() -> list[Path]:
    """Modules of the protocol but for the two that are there to supply time and ids."""
    return [
        path
        for path in modules("proto/itmo")
        if not within(module_of(path), ("itmo.runtime", *SOURCES_OF_CHANCE))
    ]


def deciding_modules() -> list[Path]:
    found = modules("broker", "registry_node")
    return [*protocol_modules(), *(each for each in found if within(module_of(each), DECIDING))]


# -- size and names -------------------------------------------------------------------------------


def test_modules_are_short() -> None:
    long = {
        name_of(path): count
        for path in modules(*EVERYTHING)
        if path.name != "parties_table.py"
        and (count := len(path.read_text(encoding="utf-8").splitlines()))
        > (MAX_TEST_LINES if path.is_relative_to(ROOT / "tests") else MAX_MODULE_LINES)
    }
    assert long == {}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in nodes(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_functions_are_short() -> None:
    long = {
        f"{name_of(path)}:{each.lineno} {each.name}": lines
        for path in modules(*PROGRAMS, "deploy")
        for each in functions(path)
        if (lines := (each.end_lineno or each.lineno) - each.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = [
        name_of(path)
        for path in modules(*EVERYTHING)
        if BANNED_NAMES & {path.stem, *path.relative_to(ROOT).parts}
    ]
    assert vague == []


# -- time, chance, floats -------------------------------------------------------------------------


def _chance(path: Path) -> Iterator[str]:
    for node in nodes(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in FORBIDDEN_MODULES:
                    yield f"{name_of(path)}:{node.lineno} imports {alias.name}"
        elif isinstance(node, ast.ImportFrom) and node.module in FORBIDDEN_MODULES:
            yield f"{name_of(path)}:{node.lineno} imports {node.module}"
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and (node.value.id, node.attr) in FORBIDDEN_CALLS
        ):
            yield f"{name_of(path)}:{node.lineno} {node.value.id}.{node.attr}"


def test_deciding_code_asks_for_no_time_randomness_or_id() -> None:
    found = [each for path in deciding_modules() for each in _chance(path)]
    assert found == []


def _floats(path: Path) -> Iterator[str]:
    for node in nodes(tree(path)):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield f"{name_of(path)}:{line} {node.value}"
        elif isinstance(node, ast.Name) and node.id in {"float", "Decimal"}:
            yield f"{name_of(path)}:{line} {node.id}"
        elif (
            isinstance(node, ast.BinOp | ast.AugAssign)
            and isinstance(node.op, ast.Div)
            and not _joins_paths(node)
        ):
            yield f"{name_of(path)}:{line} division"


def _joins_paths(node: ast.BinOp | ast.AugAssign) -> bool:
    """Whether a slash has text on its right, as paths have."""
    right = node.right if isinstance(node, ast.BinOp) else node.value
    return isinstance(right, ast.JoinedStr) or (
        isinstance(right, ast.Constant) and isinstance(right.value, str)
    )


def test_no_float_comes_near_a_unit() -> None:
    arithmetic = [
        path
        for path in protocol_modules()
        if path.stem in {"quantity", "serials", "vintage", "identifiers", "payloads"}
    ]
    counted = [
        path
        for path in modules("broker", "registry_node")
        if within(module_of(path), WHERE_UNITS_ARE_COUNTED)
    ]
    found = [each for path in [*arithmetic, *counted] for each in _floats(path)]
    assert found == []


# -- text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".py", ".proto", ".sh"])
def test_every_file_begins_with_its_licence(suffix: str) -> None:
    bare = []
    for path in files(EVERYTHING, suffix):
        head = path.read_text(encoding="utf-8").splitlines()[:3]
        if head and head[0].startswith("#!"):
            head = head[1:]
        if len(head) < len(SPDX) or any(
            words not in line for words, line in zip(SPDX, head, strict=False)
        ):
            bare.append(name_of(path))
    assert bare == []


@cache
def texts() -> list[tuple[Path, int, str]]:
    return [
        (path, number, line)
        for path in [
            *files(EVERYTHING, *TEXT_SUFFIXES),
            *ROOT.glob("*.md"),
            ROOT / "pyproject.toml",
        ]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    ]


@pytest.mark.parametrize(
    "pattern",
    [LEFTOVERS, MACHINE_PATH, REGISTRY_HOSTS, SECOND_WORDS],
    ids=["leftovers", "paths", "hosts", "second words"],
)
def test_nothing_is_left_over(pattern: re.Pattern[str]) -> None:
    found = [
        f"{name_of(path)}:{number} {line.strip()[:80]}"
        for path, number, line in texts()
        if pattern.search(line)
    ]
    assert found == []


def test_sources_are_cited_by_names_that_everybody_knows() -> None:
    found = [
        f"{name_of(path)}:{number} {line.strip()[:80]}"
        for path, number, line in texts()
        if WORKING_NAMES.search(line) and path != Path(__file__)
    ]
    assert found == []


def test_nothing_is_left_unwritten() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in modules(*PROGRAMS, "deploy")
        for node in nodes(tree(path))
        if isinstance(node, ast.Name) and node.id == "NotImplementedError"
    ]
    assert found == []


# -- tests ----------------------------------------------------------------------------------------


def _asked(node: ast.AST) -> tuple[bool, set[str]]:
    """Whether there is an assertion in a piece of code, and the functions that it calls."""
    called: set[str] = set()
    for each in ast.walk(node):
        match each:
            case ast.Assert():
                return True, called
            case ast.Call(func=ast.Name(id=name)):
                called.add(name)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="pytest"), attr="raises" | "fail")):
                return True, called
            case _:
                pass
    return False, called


def _judging(path: Path) -> set[str]:
    """Functions of a module that have an assertion, be it in another one that they call."""
    asked = [(each.name, *_asked(each)) for each in functions(path)]
    found: set[str] = set()
    while True:
        more = {name for name, asserts, called in asked if asserts or called & found}
        if more == found:
            return found
        found = more


def test_every_test_can_fail() -> None:
    """An exception fails a test, too; only an assertion says what the test is there to find."""
    found = [
        f"{name_of(path)}:{each.lineno} {each.name}"
        for path in modules("tests")
        for judging in (_judging(path),)
        for each in functions(path)
        if each.name.startswith("test_") and each.name not in judging
    ]
    assert found == []
