# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Into every string field of every signed payload goes what a reader cannot see, and none is taken."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from broker.app import memory_database
from broker.clearing.path.gate import OPERATOR_NODE, Gate
from broker.known_regimes import REGIMES
from broker.regime.regimes import Regimes
from itmo.core.v1 import proposal_pb2
from itmo.message.v1 import header_pb2
from itmo.payloads import MESSAGE_OF, PayloadKind, decode
from itmo.reasons import ProtocolError, Reason
from itmo.texts import check_texts
from tests.kit import clearing
from tests.kit.clearing import (
    BROKER,
    NETWORK,
    ClearingWorld,
    sealed,
    send,
    stored,
    trading_world,
    unsent,
)
from tests.kit.postgres import on_server

HOSTILE = {
    "escape": "a\x1b[2Jb",
    "line break": "a\nb",
    "null": "a\x00b",
    "C1 control": "a\x9bb",
    "bidi override": "a\u202eb",
    "bidi isolate": "a\u2066b",
    "zero width": "a\u200bb",
    "byte order mark": "\ufeffa",
    "variation selector": "a\ufe0fb",
    "tag": "a\U000e0041b",
    "private use": "a\ue000b",
    "unassigned": "a\u0378b",
    "line separator": "a\u2028b",
    "not NFC": "e\u0301",
    "too long": "a" * 2001,
}
Path = tuple[FieldDescriptor, ...]


def string_fields(of: Any, before: Path = ()) -> Iterator[Path]:  # noqa: ANN401  # two types of descriptors
    """The way to every string field of a message, at any depth; the header is read by itself."""
    for field in of.fields:
        if field.name == "header" and not before:
            continue
        if field.type == FieldDescriptor.TYPE_STRING:
            yield (*before, field)
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            assert field not in before, "no payload holds itself"
            yield from string_fields(field.message_type, (*before, field))


def with_text(kind: PayloadKind, path: Path, text: str) -> Message:
    made: Message = MESSAGE_OF[kind]()
    inner = made
    for field in path[:-1]:
        repeated = isinstance(getattr(inner, field.name), Message) is False
        inner = getattr(inner, field.name).add() if repeated else getattr(inner, field.name)
        inner.SetInParent()
    last = path[-1].name
    if isinstance(getattr(inner, last), str):
        setattr(inner, last, text)
    else:
        getattr(inner, last).append(text)
    return made


FIELDS = [
    (kind, path) for kind in PayloadKind for path in string_fields(MESSAGE_OF[kind].DESCRIPTOR)
]


def name(path: Path) -> str:
    return ".".join(field.name for field in path)


def test_there_are_fields_to_try() -> None:
    tried = {name(path) for _, path in FIELDS}
    assert tried >= {
        "transaction.terms.paris.entity",
        "transaction.blocks.attributes.paris.activity",
        "transaction.blocks.attributes.paris.underlying.registry",
        "transaction.blocks.attributes.paris.non_ghg_metric",
    }


@pytest.mark.parametrize(("kind", "path"), FIELDS, ids=[f"{k}-{name(p)}" for k, p in FIELDS])
def test_no_field_takes_a_hostile_text(kind: PayloadKind, path: Path) -> None:
    check_texts(with_text(kind, path, "Änderung 1"))
    for text in HOSTILE.values():
        with pytest.raises(ProtocolError) as refused:
            check_texts(with_text(kind, path, text))
        assert refused.value.reason is Reason.PAYLOAD_INVALID
        assert name(path) in refused.value.message
        assert text not in refused.value.message or len(text) > 100


@pytest.fixture
async def world() -> AsyncIterator[ClearingWorld]:
    made = await trading_world()
    yield made
    await made.house.stop()


async def test_the_clearing_house_takes_none_and_keeps_none(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    gate = Gate(NETWORK, BROKER, REGIMES)
    without = ("refused_message", "statement_signature")
    before = stored(world.connection, *without)
    for kind, path in FIELDS:
        if not gate.takes(kind, tha.node) or gate.takes(kind, OPERATOR_NODE):
            continue
        message = with_text(kind, path, HOSTILE["bidi override"])
        with pytest.raises(ProtocolError) as refused:
            await send(tha, sealed(tha, kind, message))
        assert refused.value.reason is Reason.PAYLOAD_INVALID
    assert stored(world.connection, *without) == before


async def refused_for(database: Callable[[Regimes], Any]) -> dict[str, Reason]:
    """Why a header or an envelope with a text that not every engine keeps is refused, by the field."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clearing, "memory_database", database)
        world = await trading_world()
    tha = world.senders["tha"]
    good = sealed(tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal())
    broken = {
        "keyid": replace(good, signatures=(replace(good.signatures[0], keyid="a\0b"),)),
        "payload_type": replace(good, payload_type=f"{good.payload_type}\0"),
    }
    for field in header_pb2.Header.DESCRIPTOR.fields:
        if field.type == FieldDescriptor.TYPE_STRING:
            header = unsent(tha)
            setattr(header, field.name, "a\0b")
            broken[field.name] = sealed(tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(), header)
    found = {}
    for name, envelope in broken.items():
        with pytest.raises(ProtocolError) as refused:
            await send(tha, envelope)
        found[name] = refused.value.reason
    await world.house.expire_due()  # what was refused is kept with the next group
    kept = world.connection.execute("SELECT count(*) FROM refused_message").fetchone()
    assert kept[0] >= len(broken)
    await world.house.stop()
    world.connection.close()
    return found


async def test_headers_and_envelopes_are_refused_alike_on_every_engine() -> None:
    in_file = await refused_for(memory_database)
    assert {"keyid", "payload_type", "message_id", "sender_node"} <= set(in_file)
    assert await refused_for(on_server) == in_file


def test_no_message_has_half_a_character() -> None:
    """A lone surrogate is no text for protobuf, written or read."""
    with pytest.raises(ValueError, match="surrogates"):
        proposal_pb2.Acceptance(transaction_id="a\ud800b")
    alike = proposal_pb2.Acceptance(transaction_id="axxxb").SerializeToString()
    with pytest.raises(ProtocolError) as refused:
        decode(PayloadKind.ACCEPTANCE, alike.replace(b"xxx", b"\xed\xa0\x80"))
    assert refused.value.reason is Reason.MESSAGE_UNDECODABLE
