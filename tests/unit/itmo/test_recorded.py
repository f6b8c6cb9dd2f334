# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What released versions signed is read, verified and exported as they did it; `tests/kit/recorded.py` wrote it."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from itmo.ed25519 import verify
from itmo.envelope import Envelope, Signature, pae
from itmo.payloads import PayloadKind, decode, from_proto, kind_of, to_proto
from tests.kit.recorded import FOLDER, export

RECORDED = {
    f"{file.stem} {each['kind']}": each
    for file in sorted(FOLDER.glob("*.json"))
    for each in json.loads(file.read_text(encoding="utf-8"))
}


def test_the_first_version_left_a_message_of_each_kind() -> None:
    first = {name.split()[1] for name in RECORDED if name.startswith("0.1 ")}
    assert first == {kind.value for kind in PayloadKind}, "run: python -m tests.kit.recorded"


@pytest.mark.parametrize("name", RECORDED)
def test_it_is_read_verified_and_exported_as_it_was(name: str) -> None:
    said: dict[str, Any] = RECORDED[name]
    kind, payload = kind_of(said["label"]), bytes.fromhex(said["payload"])
    key, signature = bytes.fromhex(said["public_key"]), bytes.fromhex(said["signature"])
    assert kind.value == said["kind"]
    assert sha256(payload).hexdigest() == said["sha256"]
    assert verify(key, pae(said["label"], payload), signature)
    decode(kind, payload)
    assert export(kind, payload) == said["export"]
    envelope = Envelope(payload, said["label"], (Signature("00" * 32, signature),))
    assert from_proto(to_proto(envelope)) == envelope
