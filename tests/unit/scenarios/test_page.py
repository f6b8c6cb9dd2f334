# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The page about scenario files names every step and every key, and its story plays as it stands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from registry_node.paris.authorization_template import KEYS
from scenarios.command import play_file
from scenarios.outcome import Played
from scenarios.step_reading import ACTIONS
from tests.architecture.documents import blocks

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "deploy" / "docs" / "scenarios.md"
READERS = sorted((ROOT / "scenarios").rglob("*reading.py"))
STORY = "scenario:"


def texts_in(node: ast.AST, within: ast.AST, module: object) -> Iterator[str]:
    """Texts that an expression is made of, names of constants and of local variables followed."""
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value
        elif isinstance(each, ast.Name):
            known = getattr(module, each.id, None)
            if isinstance(known, str):
                yield known
            elif isinstance(known, tuple):
                yield from known
            else:
                yield from local_texts(each.id, within, module)


def local_texts(name: str, within: ast.AST, module: object) -> Iterator[str]:
    for each in ast.walk(within):
        if isinstance(each, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in each.targets
        ):
            yield from (
                part.value
                for part in ast.walk(each.value)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )


def keys_of(reader: Path) -> set[str]:
    """Every key that a module of the reader takes, from the calls of Fields in it."""
    module = import_module(".".join(reader.relative_to(ROOT).with_suffix("").parts))
    found: set[str] = set()
    for function in ast.walk(ast.parse(reader.read_text())):
        if not isinstance(function, ast.FunctionDef):
            continue
        for call in ast.walk(function):
            if not isinstance(call, ast.Call) or getattr(call.func, "id", "") != "Fields":
                continue
            for keyword in call.keywords:
                for text in texts_in(keyword.value, function, module):
                    found.update(text.split())
    return found


def in_code() -> set[str]:
    """Words that the page shows as code, inline or in a block."""
    text = PAGE.read_text()
    shown = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    shown += [block.text for block in blocks(PAGE)]
    return {word for piece in shown for word in re.findall(r"[A-Za-z_]+", piece)}


@pytest.mark.parametrize(
    "reader",
    READERS,
    ids=[
        ".".join(reader.relative_to(ROOT / "scenarios").with_suffix("").parts) for reader in READERS
    ],
)
def test_every_key_is_on_the_page(reader: Path) -> None:
    assert keys_of(reader) - in_code() == set()


def test_the_keys_are_found() -> None:
    keys = set[str]().union(*map(keys_of, READERS))
    assert len(keys) > 100
    assert {"kyoto_serial", "extra_omge", "revocation_reason", "finality", "without"} <= keys
    assert set(KEYS) - {"revoked"} <= keys | {"kinds"}


def test_every_step_is_on_the_page() -> None:
    steps = {name for actions in ACTIONS.values() for name in actions}
    assert steps | {"wait"} <= in_code()


def test_the_story_plays_as_it_stands(tmp_path: Path) -> None:
    stories = [block.text for block in blocks(PAGE) if block.text.startswith(STORY)]
    assert stories
    for number, story in enumerate(stories):
        path = tmp_path / f"{number}.yaml"
        path.write_text(story)
        played = play_file(path)
        assert isinstance(played, Played), played
        assert [step for step in played.steps if not step.ok] == []
        assert [each for each in played.expectations if not each.ok] == []
        assert len(played.expectations) > 1
