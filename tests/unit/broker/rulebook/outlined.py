# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What has to be true of outlines and keys, whatever the rulebook: an outline is true of all that have its key."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, Final

from broker.rulebook.general.outline import Sketch, SomeMoment, SomeQuantity, SomeSerials
from itmo.serials import SerialRange

Stated = tuple[type, ...]
"""Classes of what was stated: whoever compares keys knows that it is the same."""
_MORE: Final = "another"


def looked_at(
    sketch: Sketch[Any],
    by_hand: Mapping[Any, set[str]],
    left_out: Mapping[Any, set[str]],
) -> bool:
    """Whether each field of what a sketch is of is in its lists, or left out, and none is both."""
    listed = {*sketch.same, *sketch.nothing, *by_hand.get(sketch, ())}
    out = left_out.get(sketch, set())
    return {each.name for each in fields(sketch.kind)} == listed | out and not listed & out


def untrue(outlined: Any, facts: Any) -> list[str]:  # noqa: ANN401  # facts of any kind
    """Where an outline says of facts what is not so."""
    return [place for place, holds in _compared(outlined, facts, "", {}) if not holds]


def _compared(
    said: Any,  # noqa: ANN401  # facts of any kind
    is_so: Any,  # noqa: ANN401  # facts of any kind
    place: str,
    ranges: dict[int, object],
) -> Iterator[tuple[str, bool]]:
    if isinstance(said, SomeSerials):
        yield place, ranges.setdefault(id(said), is_so) == is_so
    elif isinstance(said, SomeMoment):
        yield place, said.date() == is_so.date()
    elif isinstance(said, SomeQuantity):
        yield place, is_so != 0 and (said > 0) == (is_so > 0)
    elif isinstance(said, tuple) and isinstance(is_so, tuple):
        yield place, len(said) == len(is_so)
        for each, other in zip(said, is_so, strict=False):
            yield from _compared(each, other, place, ranges)
    elif isinstance(said, Mapping):
        if said is not is_so:
            yield place, list(said) == list(is_so)
            for name in said:
                yield from _compared(said[name], is_so.get(name), place, ranges)
    elif is_dataclass(said):
        yield place, type(said) is type(is_so)
        for each in fields(said):
            if hasattr(said, each.name):
                other = getattr(is_so, each.name, None)
                there = f"{place}.{each.name}"
                yield from _compared(getattr(said, each.name), other, there, ranges)
    else:
        yield place, said == is_so


def altered(facts: Any, stated: Stated) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # facts of any kind
    """The same facts with one thing otherwise, and which; nothing within what was stated."""
    kind: Any = type(facts)
    for field in fields(facts):
        value, kinds = getattr(facts, field.name), _kinds(kind)[field.name]
        others = list(_values(value, stated)) if field.init else []
        if field.init and value is None and str in kinds:
            others.append(("", _MORE))
        elif field.init and NoneType in kinds:
            others.append(("", None))
        for place, other in others:
            yield f"{field.name}{place}", replace(facts, **{field.name: other})


def altered_cases(
    case: Any,  # noqa: ANN401  # of any rulebook
    stated: Stated = (),
    follows: str = "proposed.blocks",
) -> Iterator[tuple[str, Any]]:
    """A case with one thing otherwise, but for what follows from others; proposed are the blocks that it has."""
    for place, changed in altered(case, stated):
        if not re.match(follows, place):
            blocks = tuple(each.proposed for each in changed.blocks)
            yield place, replace(changed, proposed=replace(changed.proposed, blocks=blocks))


@cache
def _kinds(kind: type) -> dict[str, frozenset[object]]:
    """Of each field what may stand in it."""
    return {
        name: frozenset(getattr(each, "__supertype__", each) for each in typing.get_args(hint))
        for name, hint in typing.get_type_hints(kind).items()
    }


def _values(value: Any, stated: Stated) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # of a field
    if isinstance(value, stated):
        return
    for other in _others(value):
        yield "", other
    if isinstance(value, tuple):
        yield "", ()
        yield "", value[:-1]
        yield "", value[::-1]
        yield "", (*value, *value[-1:])
        for at, each in enumerate(value):
            for place, other in _values(each, stated):
                yield f"[{at}]{place}", (*value[:at], other, *value[at + 1 :])
    elif is_dataclass(value) and not isinstance(value, SerialRange):
        for place, other in altered(value, stated):
            yield f".{place}", other


def _others(value: Any) -> Iterator[Any]:  # noqa: ANN401  # of a field
    for kind, change in _BY_KIND:
        if isinstance(value, kind):
            yield from change(value)
            return


_BY_KIND: Final[tuple[tuple[type, Callable[[Any], tuple[Any, ...]]], ...]] = (
    (bool, lambda value: (not value,)),
    (Enum, lambda value: tuple(each for each in type(value) if each is not value)),
    (int, lambda value: (value + 1, -value)),
    (str, lambda value: (f"{value}{_MORE}", "")),
    (date, lambda value: (value + timedelta(days=1), value + timedelta(minutes=1))),
    (frozenset, lambda value: (value | {_MORE}, frozenset())),
    (SerialRange, lambda value: (SerialRange(value.first, value.last + 1),)),
)
"""What else may stand in a field, by what stands there; the first that fits."""
