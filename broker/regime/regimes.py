# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The regimes that a broker judges by, by the name of their rulebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from broker.regime.regime import Regime


class Regimes(Mapping[str, Regime]):
    """Regimes by name, in the order in which they were given.

    Raises:
        ValueError: there is none, or two have one name.
    """

    __slots__ = ("_by_name",)

    def __init__(self, regimes: Iterable[Regime]) -> None:
        listed = tuple(regimes)
        self._by_name = {each.name: each for each in listed}
        if not listed:
            message = "a broker without a regime judges nothing"
            raise ValueError(message)
        if len(self._by_name) != len(listed):
            message = "two regimes have the same name"
            raise ValueError(message)

    def __getitem__(self, name: str) -> Regime:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)
