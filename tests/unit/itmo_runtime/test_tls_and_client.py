# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import json
from dataclasses import replace
from pathlib import Path

import pytest

from itmo.files import write_new_file
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc import client, server
from itmo.runtime.rpc.client import client_options
from itmo.runtime.rpc.server import TransportLimits, server_options
from itmo.runtime.rpc.tls import (
    TlsFiles,
    channel_credentials,
    peer_of,
    server_credentials,
)
from tests.unit.itmo_runtime.echo_service import Network


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return Network.create(tmp_path / "net").node("che-node")


@pytest.mark.parametrize(
    "fault", ["missing", "open", "no certificate", "no authority", "no key", "other key", "huge"]
)
def test_a_bad_file_is_named_and_never_shown(tmp_path: Path, files: TlsFiles, fault: str) -> None:
    match fault:
        case "missing":
            files.ca.unlink()
        case "open":
            files.key.chmod(0o644)
        case "no certificate":
            files.certificate.write_text("hunter2")
        case "no authority":
            files.ca.write_text("hunter2")
        case "no key":
            files.key.write_text("hunter2")
        case "other key":
            other = Network.create(tmp_path / "other").node("che-node")
            files = replace(files, key=other.key)
        case _:
            files.certificate.write_bytes(bytes(300_000))
    for make in (server_credentials, channel_credentials):
        with pytest.raises(ProtocolError) as caught:
            make(files)
        assert caught.value.reason is Reason.CONFIGURATION_INVALID
        assert str(tmp_path) in caught.value.message
        assert "hunter2" not in caught.value.message


def test_who_is_calling_stands_in_the_certificate(files: TlsFiles) -> None:
    context = {
        "x509_pem_cert": [files.certificate.read_bytes()],
        "x509_common_name": [b"broker"],  # says nothing, whatever it says
    }
    assert peer_of(context).node == "che-node"
    assert len(peer_of(context).tls_key_hash) == 32
    cases: list[dict[str, list[bytes]]] = [{}, {"x509_pem_cert": [b"x"]}, {"x509_pem_cert": []}]
    for broken in cases:
        with pytest.raises(ProtocolError) as caught:
            peer_of(broken)
        assert caught.value.reason is Reason.UNAUTHENTICATED


def test_only_reads_are_repeated_and_only_when_nobody_was_reached() -> None:
    config = json.loads(
        dict(client_options(reads=["a.v1.S/Get", "a.v1.S/List"]))["grpc.service_config"]
    )
    [methods] = config["methodConfig"]
    assert methods["name"] == [
        {"service": "a.v1.S", "method": "Get"},
        {"service": "a.v1.S", "method": "List"},
    ]
    assert methods["retryPolicy"]["retryableStatusCodes"] == ["UNAVAILABLE"]
    assert "hedging" not in str(config)
    assert json.loads(dict(client_options())["grpc.service_config"]) == {"methodConfig": []}


def test_both_sides_agree_on_sizes_and_pings() -> None:
    ours, theirs = dict(client_options()), dict(server_options(TransportLimits()))
    assert ours["grpc.max_send_message_length"] == theirs["grpc.max_receive_message_length"]
    assert ours["grpc.max_receive_message_length"] == theirs["grpc.max_send_message_length"]
    assert client.KEEPALIVE_MS > server.MIN_PING_INTERVAL_MS
    assert client.LONG_POLL_DEADLINE <= 60
    assert theirs["grpc.so_reuseport"] == 0


def test_a_file_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_new_file(path, b"a", secret=True)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ProtocolError) as caught:
        write_new_file(path, b"b", secret=True)
    assert caught.value.reason is Reason.ALREADY_EXISTS
    assert path.read_bytes() == b"a"
