# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The options of the broker's commands, as far as they mean the same in a Party's office."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

import click

_OF_THE_BROKER: Final = frozenset({"directory", "as_json"})
"""Where the broker lives, and its way of printing JSON."""


def options_of(
    command: click.Command, without: Collection[str] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Gives a function the arguments and options of a command of the broker.

    Args:
        command: The broker's command.
        without: Names of parameters that it does not get.
    """

    def give(function: Callable[..., Any]) -> Callable[..., Any]:
        left_out = _OF_THE_BROKER.union(without)
        wanted = [each for each in command.params if each.name not in left_out]
        known: list[click.Parameter] = getattr(function, "__click_params__", [])
        function.__click_params__ = [*known, *reversed(wanted)]  # type: ignore[attr-defined]  # where click keeps them
        return function

    return give
