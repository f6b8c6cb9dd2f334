# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from itmo.reasons import ProtocolError, Reason
from registry_node.inbox.mode import DeliveryMode
from registry_node.proposals.policy import Mode
from registry_node.settings import load
from tests.unit.registry_node.broker_double import BROKER_KEY

TEXT = f"""
[node]
id = "che-registry"
kind = "national"
registries = ["CHE01"]
network_id = "itmo-test"
test_network = true
signer = "file:///keys/message.pem"

[tls]
ca = "tls/ca.pem"
certificate = "tls/node.pem"
key = "keys/tls.pem"

[broker]
node = "hub"
address = "hub.example:7443"
delivery = "poll"

[[broker.keys]]
public_key = "{BROKER_KEY.raw.hex()}"
not_before = "2020-01-01T00:00:00.000Z"
not_after = "2090-01-01T00:00:00.000Z"

[acceptance]
mode = "automatic"
trusted_registries = ["THA01"]
maximum_quantity = 5
"""


def settings_in(folder: Path, text: str) -> Path:
    (folder / "node.toml").write_text(text)
    return folder


def test_everything_is_read(tmp_path: Path) -> None:
    settings = load(settings_in(tmp_path, TEXT), {})
    assert settings.broker_keys() == (BROKER_KEY,)
    assert settings.identity().broker_node == "hub"
    assert settings.broker.delivery is DeliveryMode.POLL
    assert settings.policy().mode is Mode.AUTOMATIC
    assert settings.policy().maximum_quantity == 5
    assert settings.tls.ca == tmp_path / "tls/ca.pem"
    assert settings.node.operator_socket == tmp_path / "node.sock"


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("maximum_quantity", "maximal_quantity", "acceptance.maximal_quantity", "not a setting"),
        ('id = "che-registry"', "", "node.id", "missing"),
        ("che-registry", "CHE", "node.id", "node id"),
        ("CHE01", "XYZ01", "node.registries.0", "Party code"),
        ("hub.example:7443", "hub.example", "broker.address", "pattern"),
        ("= 5", "= 0", "acceptance.maximum_quantity", "greater"),
        ("= 5", "= 1.5", "acceptance.maximum_quantity", "integer"),
        ('"national"', '"big"', "node.kind", "NATIONAL"),
        ('"poll"', '"push"', "broker.delivery", "STREAM"),
        ("2090-01-01T00:00:00.000Z", "2090", "broker.keys.0.not_after", "YYYY-MM-DD"),
        ("[broker]", "[brokers]", "broker", ""),
        ("[node]", "[node", "", "TOML"),
    ],
)
def test_faults_are_named_with_file_and_key(
    tmp_path: Path, old: str, new: str, key: str, says: str
) -> None:
    with pytest.raises(ProtocolError) as caught:
        load(settings_in(tmp_path, TEXT.replace(old, new, 1)), {})
    assert caught.value.reason is Reason.CONFIGURATION_INVALID
    assert str(tmp_path / "node.toml") in caught.value.message
    assert key in caught.value.message
    assert says in caught.value.message


def test_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError) as caught:
        load(tmp_path, {})
    assert "registry-node init" in caught.value.message


def test_environment_overrides(tmp_path: Path) -> None:
    environment = {
        "ITMO_NODE_BROKER__ADDRESS": "other.example:1",
        "ITMO_NODE_ACCEPTANCE__TRUSTED_REGISTRIES": '["GHA01"]',
        "ITMO_NODE_DIR": "/elsewhere",
        "OTHER": "x",
    }
    settings = load(settings_in(tmp_path, TEXT), environment)
    assert settings.broker.address == "other.example:1"
    assert settings.acceptance.trusted_registries == ("GHA01",)


@pytest.mark.parametrize("name", ["ITMO_NODE_ADDRESS", "ITMO_NODE_BROKER__ADRESS"])
def test_unknown_variables_stop_the_start(tmp_path: Path, name: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        load(settings_in(tmp_path, TEXT), {name: "x"})
    assert caught.value.reason is Reason.CONFIGURATION_INVALID


def test_a_wrong_variable_is_named_instead_of_the_file(tmp_path: Path) -> None:
    settings_in(tmp_path, TEXT)
    injected = "5\ntrusted_registries = []"
    for name, value, says in (
        ("ITMO_NODE_ACCEPTANCE__MAXIMUM_QUANTITY", "many", "In ITMO_NODE_ACCEPTANCE__MAXIMUM"),
        ("ITMO_NODE_ACCEPTANCE__MAXIMUM_QUANTITY", injected, "acceptance.maximum_quantity is"),
        ("ITMO_NODE_NODE__ID__X", "1", "no table"),
    ):
        with pytest.raises(ProtocolError) as caught:
            load(tmp_path, {name: value})
        assert says in caught.value.message


def test_the_uri_of_the_signer_is_never_shown(tmp_path: Path) -> None:
    wrong = TEXT.replace('signer = "file:///keys/message.pem"', 'signer = ["pkcs11:pin=4711"]')
    with pytest.raises(ProtocolError) as caught:
        load(settings_in(tmp_path, wrong), {})
    assert "4711" not in str(caught.value)
