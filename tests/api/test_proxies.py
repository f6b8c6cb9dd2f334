# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Proxies of the environment: never on the loopback, and named where the line fails through one."""

from __future__ import annotations

from pathlib import Path

import pytest

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.client import secure_channel
from itmo.runtime.rpc.proxies import proxy_of
from registry_node.adapters.grpc_link import GrpcLink
from registry_node.adapters.line import Line
from tests.unit.itmo_runtime.echo_service import Network, running, say

NOBODY = "http://peter:hunter2@127.0.0.1:9"
VARIABLES = ("grpc_proxy", "https_proxy", "http_proxy")


@pytest.fixture(autouse=True)
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "no_proxy", "no_grpc_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("variable", VARIABLES)
async def test_the_loopback_is_reached_whatever_the_environment_names(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Before, a demonstration behind a company's proxy could not reach its own broker."""
    monkeypatch.setenv(variable, NOBODY)
    network = Network.create(tmp_path / "net")
    async with (
        running(network.server()) as service,
        service.connect(network.node("che-node")) as channel,
    ):
        assert await say(channel, "hello") == "hello"


async def test_a_line_that_fails_through_a_proxy_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("https_proxy", NOBODY)
    files, address = Network.create(tmp_path / "net").node("che-node"), "broker.example.org:7443"
    proxy = proxy_of(address, {"https_proxy": NOBODY})
    link = GrpcLink(Line(secure_channel(address, files), proxy))
    with pytest.raises(ProtocolError) as failed:
        await link.network()
    await link.close()
    assert failed.value.reason is Reason.BROKER_UNREACHABLE
    for told in ("127.0.0.1:9", "https_proxy", "no_proxy", "broker.example.org"):
        assert told in failed.value.message
    assert "hunter2" not in str(failed.value.args) + str(failed.value.metadata)


@pytest.mark.parametrize(
    ("address", "environment", "variable"),
    [
        ("broker.example.org:7443", {"https_proxy": NOBODY}, "https_proxy"),
        ("broker.example.org:7443", {"http_proxy": NOBODY}, "http_proxy"),
        ("broker.example.org:7443", {"https_proxy": NOBODY, "grpc_proxy": NOBODY}, "grpc_proxy"),
        ("broker.example.org:7443", {"https_proxy": ""}, ""),
        ("broker.example.org:7443", {"HTTPS_PROXY": NOBODY}, ""),  # gRPC reads small letters only
        ("broker.example.org:7443", {"https_proxy": NOBODY, "no_proxy": "a, example.org"}, ""),
        ("broker.example.org:7443", {"https_proxy": NOBODY, "no_grpc_proxy": "org"}, ""),
        ("broker.example.org:7443", {"https_proxy": NOBODY, "no_proxy": "example.com"}, "https_proxy"),
        ("192.0.2.7:7443", {"https_proxy": NOBODY}, "https_proxy"),
        ("127.0.0.1:7443", {"https_proxy": NOBODY}, ""),
        ("127.3.2.1:7443", {"https_proxy": NOBODY}, ""),
        ("[::1]:7443", {"https_proxy": NOBODY}, ""),
        ("localhost:7443", {"https_proxy": NOBODY}, ""),
        ("LOCALHOST:7443", {"https_proxy": NOBODY}, ""),
    ],
)  # fmt: skip
def test_which_proxy_stands_in_between(
    address: str, environment: dict[str, str], variable: str
) -> None:
    found = proxy_of(address, environment)
    assert (found.variable if found else "") == variable
