# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tests with drawn examples in two lengths: few in the fast tests, many in the long ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy

Test = Callable[..., None]


def drawn(
    *strategies: SearchStrategy[Any],
    few: int,
    many: int,
    how: settings | None = None,
    **named: SearchStrategy[Any],
) -> Callable[[Test], Callable[[Test], None]]:
    """Gives a test its drawn arguments, as `given` does; explicit examples go below it.

    Args:
        strategies: From which arguments are drawn, in order.
        few: Examples that the fast tests draw.
        many: Those of the long tests, which find what is rare.
        how: Further settings.
        named: Strategies by the name of the argument.
    """
    bounded = partial(settings, how, deadline=None)

    def decorate(body: Test) -> Callable[[Test], None]:
        def length(examples: int) -> Test:
            return bounded(max_examples=examples)(given(*strategies, **named)(body))

        @pytest.mark.parametrize(
            "draw",
            [
                pytest.param(length(few), id="few"),
                pytest.param(length(many), id="many", marks=pytest.mark.slow),
            ],
        )
        def test(draw: Test) -> None:
            draw()

        test.__name__, test.__doc__ = body.__name__, body.__doc__
        return test

    return decorate
