# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""By which class units are added up when books are compared: each rulebook has its own.

Both sides have to come to the same word, so it follows from what receipts and verdicts say of units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final

from itmo.core.v1 import rulebooks_pb2
from itmo.kyoto.v1 import attributes_pb2 as kyoto_pb2
from itmo.paris.v1 import attributes_pb2 as paris_pb2

_KEPT: Final = 1_024
"""Classes kept as they were made: units of an authorization and a year are alike."""
NO_CLASS: Final = "units"
"""Of units of which nothing is said."""


def _paris(units: paris_pb2.UnitAttributes) -> list[str]:
    """Cooperative approach, vintage and authorization; the kind of unit where it is not authorized."""
    kind = paris_pb2.UnitType.Name(units.unit_type).removeprefix("UNIT_TYPE_")
    named = [kind, units.cooperative_approach, str(units.vintage or "")]
    if units.HasField("authorization"):
        named.append(f"{units.authorization.id} version {units.authorization.version}")
    return named


def _kyoto(units: kyoto_pb2.UnitAttributes) -> list[str]:
    """Type of unit and the period in which they may be used, as the data exchange standards add up."""
    kind = kyoto_pb2.UnitType.Name(units.unit_type).removeprefix("UNIT_TYPE_")
    return [kind, f"period {units.applicable_period}"]


_CLASSES: Final[Mapping[str, Callable[..., list[str]]]] = {"paris": _paris, "kyoto": _kyoto}


def class_of(attributes: rulebooks_pb2.UnitAttributes, marks: Iterable[str]) -> str:
    """The class of units, from their attributes and marks as the broker states them."""
    rulebook = attributes.WhichOneof("rulebook")
    named = _CLASSES[rulebook](getattr(attributes, rulebook)) if rulebook else [NO_CLASS]
    return ", ".join(each for each in (*named, *sorted(marks)) if each)


@lru_cache(maxsize=_KEPT)
def class_of_bytes(attributes: bytes, marks: tuple[str, ...]) -> str:
    """See `class_of`; of serialized attributes.

    Raises:
        google.protobuf.message.DecodeError: they cannot be read.
    """
    return class_of(rulebooks_pb2.UnitAttributes.FromString(attributes), marks)
