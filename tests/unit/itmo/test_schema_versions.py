# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is newer than a message's header says is refused, although the decoder knows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message import Message

from itmo.message.v1 import header_pb2
from itmo.options.v1 import since_pb2
from itmo.payloads import MESSAGE_OF, PayloadKind, fill
from itmo.reasons import ProtocolError, Reason
from itmo.schema_versions import SCHEMA_VERSIONS, newer_than

F = FieldDescriptorProto


def planted() -> type[Message]:
    """A payload with fields and a value of version 2, as a later version of this package has it."""
    file = FileDescriptorProto(
        name="planted/later.proto",
        package="planted",
        syntax="proto3",
        dependency=[header_pb2.DESCRIPTOR.name, since_pb2.DESCRIPTOR.name],
    )
    kind = file.enum_type.add(name="Kind")
    kind.value.add(name="KIND_UNSPECIFIED", number=0)
    kind.value.add(name="KIND_OLD", number=1)
    later = kind.value.add(name="KIND_LATER", number=2)
    later.options.Extensions[since_pb2.value_since] = 2
    part = file.message_type.add(name="Part")
    part.field.add(name="old", number=1, type=F.TYPE_STRING, label=F.LABEL_OPTIONAL)
    added = part.field.add(name="added", number=2, type=F.TYPE_STRING, label=F.LABEL_OPTIONAL)
    added.options.Extensions[since_pb2.since] = 2
    part.field.add(
        name="within",
        number=3,
        type=F.TYPE_MESSAGE,
        type_name=".planted.Part",
        label=F.LABEL_REPEATED,
    )
    whole = file.message_type.add(name="Whole")
    whole.field.add(
        name="header",
        number=1,
        type=F.TYPE_MESSAGE,
        type_name="." + header_pb2.Header.DESCRIPTOR.full_name,
        label=F.LABEL_OPTIONAL,
    )
    whole.field.add(
        name="parts",
        number=2,
        type=F.TYPE_MESSAGE,
        type_name=".planted.Part",
        label=F.LABEL_REPEATED,
    )
    whole.field.add(
        name="kinds", number=3, type=F.TYPE_ENUM, type_name=".planted.Kind", label=F.LABEL_REPEATED
    )
    whole.field.add(
        name="kind", number=4, type=F.TYPE_ENUM, type_name=".planted.Kind", label=F.LABEL_OPTIONAL
    )
    pool = descriptor_pool.Default()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("planted.Whole"))


WHOLE: Any = planted()

ROWS: list[tuple[str, Callable[[Any], object], str]] = [
    ("field", lambda m: m.parts.add(added="x"), "parts.added"),
    ("second of a list", lambda m: m.parts.extend([part(), part(added="x")]), "parts.added"),
    (
        "field at depth",
        lambda m: m.parts.add().within.add().within.add(added="x"),
        "parts.within.within.added",
    ),
    ("value", lambda m: setattr(m, "kind", 2), "kind"),
    ("value in a list", lambda m: m.kinds.extend([1, 2]), "kinds"),
]


def part(**fields: str) -> Message:
    made: Message = WHOLE().parts.add(**fields)
    return made


@pytest.mark.parametrize(("change", "where"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS])
def test_what_is_newer_than_the_header_is_refused(
    change: Callable[[Any], object], where: str
) -> None:
    """Before, one generated class knew all versions, and a message of version 1 came through with it."""
    message = WHOLE()
    message.header.schema_version = 1
    message.parts.add(old="x")
    message.kind = 1
    payload = message.SerializeToString()
    fill(WHOLE(), PayloadKind.PROPOSAL, payload)
    change(message)
    with pytest.raises(ProtocolError) as refused:
        fill(WHOLE(), PayloadKind.PROPOSAL, message.SerializeToString())
    assert refused.value.reason is Reason.MESSAGE_UNKNOWN_FIELDS
    assert refused.value.metadata["where"] == where
    message.header.schema_version = 2
    fill(WHOLE(), PayloadKind.PROPOSAL, message.SerializeToString())


def test_a_header_of_no_version_is_left_to_the_header() -> None:
    """It is SCHEMA_VERSION_UNSUPPORTED there, and not a matter of fields."""
    read = WHOLE()
    fill(read, PayloadKind.PROPOSAL, WHOLE(kind=1).SerializeToString())
    assert read.kind == 1


@pytest.mark.parametrize("kind", PayloadKind)
def test_nothing_of_this_package_is_newer_than_what_is_read(kind: PayloadKind) -> None:
    assert newer_than(MESSAGE_OF[kind](), SCHEMA_VERSIONS[-1]) is None
