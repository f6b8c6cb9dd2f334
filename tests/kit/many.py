# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of many parameters in two lots: a few in the fast tests, all others in the long ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import pytest


def many(
    values: Iterable[Any], few: Collection[str], name: Callable[[Any], str] = str
) -> list[object]:
    """Parameters of a test, each with its name; a tuple is one of several arguments.

    Args:
        values: The parameters.
        few: Names of those that the fast tests take.
        name: What a parameter is called.

    Raises:
        ValueError: there is no parameter of a name, or two have the same.
    """
    named = [(name(value), value) for value in values]
    names = [each for each, _ in named]
    if len(set(names)) < len(names) or not set(few) <= set(names):
        message = f"no parameters of their own: {sorted(set(few) - set(names)) or names}"
        raise ValueError(message)
    return [
        pytest.param(
            *(value if isinstance(value, tuple) else (value,)),
            id=each,
            marks=() if each in few else pytest.mark.slow,
        )
        for each, value in named
    ]
