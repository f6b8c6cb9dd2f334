# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A module of the node is found by its name: a command by what people type, the rest by one word each."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from registry_node.cli.main import main

NODE = Path(__file__).parents[2] / "registry_node"


@pytest.mark.parametrize("name", sorted(main.commands))
def test_a_command_lies_in_the_file_of_its_name(name: str) -> None:
    callback = main.commands[name].callback
    assert callback is not None
    place = callback.__module__.removeprefix("registry_node.cli.").removeprefix("paris.")
    assert place == name.replace("-", "_")


def test_no_two_modules_of_the_node_have_one_name() -> None:
    """Those of commands are what people type; what carries a command out may be called the same."""
    names = Counter(
        path.stem
        for path in NODE.rglob("*.py")
        if "cli" not in path.relative_to(NODE).parts and not path.stem.startswith("__")
        if "versions" not in path.parts
    )
    assert [name for name, count in names.items() if count > 1] == []
