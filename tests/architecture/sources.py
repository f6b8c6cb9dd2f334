# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The files of the repository, as the architecture tests look at them."""

from __future__ import annotations

import ast
import gc
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PROTO: Final = ROOT / "proto"
BIN: Final = Path(sys.executable).parent
PROGRAMS: Final = (
    "proto",
    "aef",
    "sef",
    "workbooks",
    "broker",
    "registry_node",
    "scenarios",
    "office",
)
EVERYTHING: Final = (*PROGRAMS, "tests", "deploy")
TEXT_SUFFIXES: Final = frozenset(
    {".md", ".proto", ".py", ".pyi", ".service", ".sh", ".sql", ".toml", ".yaml", ".yml"}
)
_GENERATED: Final = ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi")
_SKIPPED: Final = frozenset({"__pycache__", "node_modules"})


def files(roots: Iterable[str], *suffixes: str) -> list[Path]:
    """Files under some folders, by suffix, without generated code."""
    return list(_files(tuple(roots), suffixes))


@cache
def _files(roots: tuple[str, ...], suffixes: tuple[str, ...]) -> list[Path]:
    return sorted(
        path
        for root in roots
        for path in (ROOT / root).rglob("*")
        if path.is_file()
        and path.suffix in suffixes
        and not path.name.endswith(_GENERATED)
        and not _SKIPPED & set(path.parts)
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    )


def modules(*roots: str) -> list[Path]:
    """Python files under some folders, without generated code."""
    return files(roots, ".py")


def pages() -> list[Path]:
    """Every page of documentation."""
    return [*sorted(ROOT.glob("*.md")), *files(EVERYTHING, ".md")]


def name_of(path: Path) -> str:
    """A file's path as it is written in a report."""
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    """The import path of a Python file."""
    relative = path.relative_to(PROTO if path.is_relative_to(PROTO) else ROOT).with_suffix("")
    parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
    return ".".join(parts)


@cache
def tree(path: Path) -> ast.Module:
    """A parsed Python file. It stays to the end: looking for garbage in it took most of the time."""
    gc.disable()
    try:
        return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    finally:
        gc.freeze()
        gc.enable()


@cache
def nodes(parsed: ast.AST) -> tuple[ast.AST, ...]:
    """All that a parsed file consists of: walked once, and asked by many tests."""
    return tuple(ast.walk(parsed))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it; `from a.b import c` gives `a.b.c` too."""
    for node in nodes(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def within(name: str, packages: Iterable[str]) -> bool:
    """Whether a module is one of some packages or lies in one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)
