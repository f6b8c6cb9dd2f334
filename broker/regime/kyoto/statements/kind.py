# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A kind of statement: its field in the message, its key, and how it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from broker.regime.kyoto.reading import host_and_number
from broker.regime.regime import Key, Needs
from broker.regime.statement import Books
from itmo.identifiers import parse_party_code
from itmo.reasons import ProtocolError, Reason


def _needs_nothing(_: object) -> Needs:
    return Needs()


def _state(books: Books, key: Key, said: object) -> None:
    books.state(key, said)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of statement.

    Attributes:
        field: Its field in the message.
        read: From what stands in the field to its key and to what it says; raises ProtocolError.
        by_mechanism: Whether the registry of the clean development mechanism may state it, too.
        needs: What taking it in may ask for, from the message itself.
        take: Takes in what it says, or refuses by raising ProtocolError or NoEffect.
    """

    field: str
    read: Callable[[Any], tuple[Key, object]]
    by_mechanism: bool = False
    needs: Callable[[Any], Needs] = _needs_nothing
    take: Callable[[Books, Key, Any], None] = _state


def invalid(where: str, expected: str) -> ProtocolError:
    """The refusal of a field."""
    return ProtocolError(Reason.PAYLOAD_INVALID, f"{where}: expected {expected}", where=where)


def at_least_one(number: int, where: str, what: str) -> int:
    """A number that is not 0.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    if number == 0:
        raise invalid(where, f"{what}, from 1")
    return number


def period_number(number: int, where: str) -> int:
    """The number of a commitment period.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    return at_least_one(number, where, "the number of a commitment period")


def host_and_project(text: str, where: str) -> tuple[str, int]:
    """Host Party and number of a project.

    Raises:
        ProtocolError: PAYLOAD_INVALID or IDENTIFIER_INVALID.
    """
    host, number = host_and_number(text, where)
    return parse_party_code(host, where), number
