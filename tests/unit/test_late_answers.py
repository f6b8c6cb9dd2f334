# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A program that runs and does not answer in time: nobody is told to start it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.cli import operator_link
from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import operator_service_pb2
from registry_node.cli.session import Session

BRIEF = 0.2


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[Path]:
    """Takes connections and says nothing."""
    path = tmp_path / "operator.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        yield path


async def test_a_broker(silent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator_link, "READ_DEADLINE", BRIEF)
    async with operator_link.operator_link(silent) as link:
        assert link is not None
        with pytest.raises(ProtocolError, match="runs and has not answered") as refused:
            await link.status()
    assert refused.value.reason is Reason.OVERLOADED


def test_a_node(silent: Path) -> None:
    folder = silent.parent
    (folder / "node.toml").write_text('[node]\noperator_socket = "operator.sock"\n')
    asked = operator_service_pb2.GetStatusRequest()
    with pytest.raises(ProtocolError, match="runs and has not answered") as refused:
        Session(folder, as_json=True).call(lambda stub: stub.GetStatus(asked, timeout=BRIEF))
    assert refused.value.reason is Reason.OVERLOADED
