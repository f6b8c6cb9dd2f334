# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The regimes that a broker judges by, by the name of their rulebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from broker.regime.regime import Regime
from broker.regime.statement import Statement
from broker.rulebook.check import Rule
from itmo.payloads import PayloadKind


class Regimes:
    """Regimes in the order in which they were given; a message that names none is of the protocol's first.

    Raises:
        ValueError: there is none, two have one name, or two take one kind of message.
    """

    __slots__ = ("_by_name", "_statements", "first", "names")

    def __init__(self, regimes: Iterable[Regime]) -> None:
        listed = tuple(regimes)
        if not listed:
            message = "a broker without a regime judges nothing"
            raise ValueError(message)
        self.first = listed[0]
        self._by_name = {each.name: each for each in listed}
        self.names = tuple(self._by_name)
        """The names of the rulebooks in force."""
        if len(self._by_name) != len(listed):
            message = "two regimes have the same name"
            raise ValueError(message)
        self._statements = {kind: said for each in listed for kind, said in each.statements.items()}
        if len(self._statements) != sum(len(each.statements) for each in listed):
            message = "two regimes take the same kind of message"
            raise ValueError(message)

    def __iter__(self) -> Iterator[Regime]:
        return iter(self._by_name.values())

    def __getitem__(self, rulebook: str) -> Regime:
        """The regime of a rulebook.

        Raises:
            KeyError: it is not judged here.
        """
        return self._by_name[rulebook]

    @property
    def checks(self) -> Mapping[str, Rule]:
        """Every check by its id; one of every rulebook occurs once."""
        return {check.id: check for regime in self for check in regime.checks}

    def listed(self) -> Iterator[tuple[str, Rule]]:
        """Every rule with the name of its rulebook, those on reports included, for lists."""
        for each in self:
            for rule in (*each.checks, *each.report_rules):
                yield each.name, rule

    def rulebook_of(self, statement: Statement) -> str:
        """The rulebook by whose regime a kind of message is taken in."""
        return next(each.name for each in self if statement.kind in each.statements)

    def statement(self, kind: PayloadKind) -> Statement | None:
        """How a kind of message is taken in; None: it states nothing of a regime."""
        return self._statements.get(kind)
