# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a request says, no method of broker or node has a fault of its own: well-formed requests, drawn by a seed."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from types import ModuleType
from typing import Any, Final

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

import itmo.clearing.v1 as clearing
import itmo.registry.v1 as registry
from itmo.runtime.rpc.client import local_channel
from tests.api.broker_kit import QUIET, SECONDS, trading
from tests.api.test_node_cli import Terminal, terminal
from tests.kit.many import many

__all__ = ["terminal"]
CALLS: Final = 10
"""Of a method, with each seed."""
FAULTS: Final = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN})
SEEDS: Final = many(range(5), few=("0",))
TEXTS: Final = (
    "", "THA", "CHE", "ZZZ", "THA01", "CHE01", "tha", "broker", "CA0003", "1006.4/2810", "TH05THA0110000000001",
    "01a22cde-9895-75df-b358-bded6f1af947", "2024-12-31", "9999-12-31", "0001-01-01", "-1", "0", "10",
    "9223372036854775807", "9223372036854775808", "9999999999999999999", "99999999999999999999", "x" * 3_000,
    "\u202e", "\x00", "é", "paris", "kyoto", "GHG", "a" * 64,
)  # fmt: skip
NUMBERS: Final = (0, 1, 2, 2_024, 9_999, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)
SECONDS_SINCE_1970: Final = (
    0, 1_690_848_000, 253_402_300_799, 253_402_300_800, -62_135_596_800, -62_135_596_801, 2**63 - 1, -(2**63),
)  # fmt: skip
NANOS: Final = (0, 1, 999_999_999, -1, 2**31 - 1)
DEEPEST: Final = 6
BOUNDS: Final = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}


@dataclass(frozen=True)
class Drawer:
    """Draws requests. Most fields say nothing, so that what one says that is odd gets as far as it can."""

    random: Random

    def fill(self, message: Message, depth: int = 0) -> Message:
        if message.DESCRIPTOR.full_name == "google.protobuf.Timestamp":
            values: Any = message
            values.seconds = self.random.choice(SECONDS_SINCE_1970)
            values.nanos = self.random.choice(NANOS)
            return message
        for each in message.DESCRIPTOR.fields:
            inner = each.message_type is not None
            if self.random.random() < 3 / 5 or (inner and depth == DEEPEST):
                continue
            several = each.is_repeated
            times = self.random.randrange(3) if several else 1
            if inner and isinstance(getattr(message, each.name), Mapping):
                continue
            for _ in range(times):
                if inner:
                    held = getattr(message, each.name)
                    self.fill(held.add() if several else held, depth + 1)
                    if not several:
                        held.SetInParent()
                elif several:
                    getattr(message, each.name).append(self.value(each))
                else:
                    setattr(message, each.name, self.value(each))
        return message

    def value(self, each: Any) -> Any:  # noqa: ANN401 - a descriptor, which has two types, and what its field takes
        if each.enum_type is not None:
            return self.random.choice([*(one.number for one in each.enum_type.values), 99])
        match each.cpp_type:
            case FieldDescriptor.CPPTYPE_BOOL:
                return self.random.random() < 1 / 2
            case FieldDescriptor.CPPTYPE_STRING if each.type == FieldDescriptor.TYPE_BYTES:
                return self.random.randbytes(self.random.choice((0, 1, 16, 32, 33)))
            case FieldDescriptor.CPPTYPE_STRING:
                return self.random.choice(TEXTS)
            case _:
                least, most = BOUNDS[each.cpp_type]
                drawn = self.random.choice(NUMBERS) * self.random.choice((1, 1, 1, -1))
                return max(least, min(most, drawn))


def methods(package: ModuleType) -> Iterator[MethodDescriptor]:
    """The methods of a package that take one request."""
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.endswith("_pb2"):
            made = importlib.import_module(f"{package.__name__}.{module.name}")
            for service in made.DESCRIPTOR.services_by_name.values():
                yield from (each for each in service.methods if not each.client_streaming)


async def status_of(
    channel: grpc.aio.Channel, method: MethodDescriptor, request: Message
) -> grpc.StatusCode:
    """How a call ends; of a stream, how it ends or that it began to answer."""
    name = f"/{method.containing_service.full_name}/{method.name}"
    told: dict[str, Any] = {"request_serializer": type(request).SerializeToString}
    try:
        if not method.server_streaming:
            await channel.unary_unary(name, **told)(request, timeout=SECONDS)
            return grpc.StatusCode.OK
        answers = channel.unary_stream(name, **told)(request, timeout=SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(QUIET):
                await answers.read()
        answers.cancel()
    except grpc.aio.AioRpcError as refused:
        return refused.code()
    return grpc.StatusCode.OK


async def faults(
    channel: grpc.aio.Channel, served: list[MethodDescriptor], seed: int
) -> tuple[list[str], set[str]]:
    """Which requests met a fault, and which methods answered one."""
    drawer = Drawer(Random(seed))
    found: list[str] = []
    answered: set[str] = set()
    for method in CALLS * served:
        request = drawer.fill(GetMessageClass(method.input_type)())
        code = await status_of(channel, method, request)
        if code in FAULTS:
            found.append(f"{method.full_name} {request}")
        if code is grpc.StatusCode.OK:
            answered.add(method.name)
    return found, answered


@pytest.mark.parametrize("seed", SEEDS)
async def test_no_request_of_a_node_is_a_fault_of_the_broker(seed: int) -> None:
    served = [
        each for each in methods(clearing) if each.containing_service.name != "OperatorService"
    ]
    async with trading() as running:
        found, answered = await faults((await running.line("tha")).channel, served, seed)
    assert found == []
    assert len(answered) > 5


@pytest.mark.parametrize("seed", SEEDS)
async def test_no_request_of_a_registry_system_is_a_fault_of_its_node(
    seed: int, terminal: Terminal
) -> None:
    served = [
        each
        for each in methods(registry)
        if each.containing_service.name in {"JobService", "OperatorService", "ParisService"}
    ]
    async with local_channel(terminal.folder / "node.sock") as channel:
        found, answered = await faults(channel, served, seed)
    assert found == []
    assert len(answered) > 5
