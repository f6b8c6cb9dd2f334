# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker check-config` compares address and certificate, key and revocation, key and purpose."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.authority import create_authority
from itmo.identifiers import NetworkId
from tests.unit.broker.cli.kit import NETWORK, Ran, broker, set_up
from tests.unit.broker.cli.test_operating import NDC
from tests.unit.broker.cli.test_status import certify


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return set_up(tmp_path / "b", "--listen", "127.0.0.1:0", "--public", "localhost:7443")


def checked(place: Path) -> tuple[Ran, dict[str, str]]:
    ran = broker("--dir", place, "check-config", "--json")
    return ran, {each["what"]: each["found"] for each in ran.json["checked"] if not each["ok"]}


def put(place: Path, old: str, new: str) -> None:
    file = place / "broker.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_what_was_set_up_is_in_order(place: Path) -> None:
    ran, faults = checked(place)
    assert (ran.exit_code, faults) == (0, {})
    found = {each["what"]: each["found"] for each in ran.json["checked"]}
    assert found["tls"].startswith("names localhost, until ")


@pytest.mark.parametrize("address", ["broker.example:7443", "192.0.2.7:7443", "0.0.0.0:7443"])
def test_an_address_that_the_certificate_does_not_name(place: Path, address: str) -> None:
    put(place, 'public_address = "localhost:7443"', f'public_address = "{address}"')
    ran, faults = checked(place)
    assert ran.exit_code == 2
    assert address.rpartition(":")[0] in faults["tls"]
    assert "it names 'localhost, 127.0.0.1, ::1'" in faults["tls"]


def test_a_certificate_of_another_node_authority_or_purpose(place: Path, tmp_path: Path) -> None:
    tls = place / "tls"
    own = (tls / "ca.pem").read_text()
    other = create_authority(
        NetworkId(NETWORK), tmp_path / "o.pem", tmp_path / "o.key", datetime.now(UTC)
    )
    (tls / "ca.pem").write_text(other.pem)
    _, faults = checked(place)
    assert "was issued by no authority of" in faults["tls"]
    (tls / "ca.pem").write_text(own)
    (tls / "broker.pem").write_text(own)
    (tls / "broker.key").write_bytes((place / "authority" / "ca.key").read_bytes())
    _, faults = checked(place)
    assert "names ''" in faults["tls"]  # the authority's own certificate names no node


def test_a_leaf_in_the_place_of_an_authority(place: Path) -> None:
    (place / "tls" / "ca.pem").write_text((place / "tls" / "broker.pem").read_text())
    _, faults = checked(place)
    assert "no authority's" in faults["tls"]


def test_what_ended_is_a_fault_and_what_ends_a_remark(place: Path) -> None:
    broker("--dir", place, "party", "THA", *NDC)  # makes the database
    certify(place, days_ago=340)
    ran, faults = checked(place)
    assert (ran.exit_code, faults) == (0, {})
    found = {each["what"]: each["found"] for each in ran.json["checked"]}
    assert "ends in 24 days" in found["what ends"]
    results = {each["what"]: each["result"] for each in ran.json["checked"]}
    assert (results["what ends"], results["clock"]) == ("REMARK", "ok")
    certify(place, days_ago=366)
    ran, faults = checked(place)
    assert ran.exit_code == 2
    assert "ended" in faults["tls"]
    assert "ended 1 day ago" in faults["what ends"]


def test_a_key_of_another_purpose_or_not_registered(place: Path) -> None:
    broker("--dir", place, "party", "THA", *NDC)
    put(place, 'message = "file:keys/message.pem"', 'message = "file:keys/operator.pem"')
    ran, faults = checked(place)
    assert ran.exit_code == 2
    assert "OPERATE" in faults["registered keys"]
