# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Versions of the schema of signed payloads: what is read here, and what is newer than a header says.

One generated class knows the fields of every version, so a decoder alone cannot tell that a message
of version 1 holds a field of version 2. The option `since` of a field or an enum value says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from itmo.options.v1 import since_pb2

FIRST_SCHEMA_VERSION: Final = 1
SCHEMA_VERSION: Final = 1
"""In which messages are written."""
SCHEMA_VERSIONS: Final = (FIRST_SCHEMA_VERSION,)
"""Those that are read, ascending."""


def newer_than(message: Message, version: int) -> str | None:
    """The first field of a message that its stated version does not have, with its path.

    Args:
        message: As it was decoded.
        version: The schema version that it states.
    """
    stated = max(version, FIRST_SCHEMA_VERSION)  # none at all is for whoever reads the header
    if _newest(message.DESCRIPTOR) <= stated:
        return None
    return next(_newer(message, stated, ""), None)


def _newer(message: Message, version: int, path: str) -> Iterator[str]:
    for field, value in message.ListFields():
        where = path + field.name
        if _since(field) > version:
            yield where
            continue
        if field.message_type is None and field.enum_type is None:
            continue
        several: Iterable[Any] = (value,) if isinstance(value, Message | int) else value
        for each in several:
            if field.enum_type is None:
                yield from _newer(each, version, f"{where}.")
            elif _since_value(field.enum_type, each) > version:
                yield where


def _since(field: FieldDescriptor) -> int:
    return _stated(field.GetOptions(), since_pb2.since)


def _since_value(enum: EnumDescriptor, number: int) -> int:
    value = enum.values_by_number.get(number)
    return (
        FIRST_SCHEMA_VERSION
        if value is None
        else _stated(value.GetOptions(), since_pb2.value_since)
    )


def _stated(options: Any, extension: Any) -> int:  # noqa: ANN401  # options have no common type
    return int(options.Extensions[extension]) or FIRST_SCHEMA_VERSION


@cache
def _newest(descriptor: Descriptor) -> int:
    """The newest version that a field or value of a message, at any depth, is of."""
    seen: dict[str, Descriptor] = {}
    newest = FIRST_SCHEMA_VERSION
    waiting = [descriptor]
    while waiting:
        each = waiting.pop()
        if each.full_name in seen:
            continue
        seen[each.full_name] = each
        for field in each.fields:
            newest = max(newest, _since(field))
            if field.message_type is not None:
                waiting.append(field.message_type)
            if field.enum_type is not None:
                numbers = field.enum_type.values_by_number
                newest = max(newest, *(_since_value(field.enum_type, at) for at in numbers))
    return newest
