# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is stated in the words of a rulebook, for people: of units, and of a transaction besides them."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.json_format import MessageToDict

from itmo.core.v1 import rulebooks_pb2


def as_stated(
    stated: rulebooks_pb2.UnitAttributes | rulebooks_pb2.TransactionTerms,
) -> Mapping[str, object]:
    """What is stated, by name, whichever the rulebook is."""
    rulebook = stated.WhichOneof("rulebook")
    if rulebook is None:
        return {}
    return MessageToDict(getattr(stated, rulebook), preserving_proto_field_name=True)


def in_a_line(stated: Mapping[str, object]) -> str:
    """What is stated, in one line."""
    return ", ".join(f"{name} {said}" for name, said in in_lines(stated))


def in_lines(stated: Mapping[str, object]) -> list[tuple[str, str]]:
    """What is stated, as pairs of name and words."""
    return [(_plain(name), _word(name, each)) for name, each in stated.items()]


def _word(name: str, stated: object) -> str:
    """What was stated under a name: the constants of an enumeration begin with it."""
    if isinstance(stated, Mapping):
        return in_a_line(stated)
    if isinstance(stated, list):
        return "; ".join(_word(name, each) for each in stated)
    if isinstance(stated, bool):
        return "yes" if stated else "no"
    text = str(stated)
    constant = text.removeprefix(f"{name.upper()}_")
    return text if constant == text else _plain(constant)


def _plain(name: str) -> str:
    return name.replace("_", " ")
