# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Certificates and the authority from the command line, one step after the other."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from cryptography import x509

from itmo.admission import read_admission
from itmo.files import read_plain_file
from itmo.validity import certificates_of, issuer_among
from tests.unit.broker.cli.kit import Ran, broker, join_request, set_up
from tests.unit.broker.cli.test_admit_again import OLD, request


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = set_up(tmp_path / "broker", "--listen", "127.0.0.1:7443")
    assert admit(made, request(made, "first", OLD)).exit_code == 0
    return made


def admit(place: Path, file: Path) -> Ran:
    return broker("--dir", place, "admit", file, "--out", file.with_suffix(".admission"), "--yes")


def certificates(file: Path) -> tuple[x509.Certificate, ...]:
    return certificates_of(read_plain_file(file), str(file))


def names(certificate: x509.Certificate) -> list[str]:
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return found.get_values_for_type(x509.DNSName)


def test_the_brokers_certificate_is_renewed_with_its_names(place: Path) -> None:
    (before,) = certificates(place / "tls" / "broker.pem")
    toml = place / "broker.toml"
    toml.write_text(
        toml.read_text().replace('public_address = "127.0.0.1', 'public_address = "new.example')
    )
    ran = broker("--dir", place, "tls", "renew", "--json")
    assert ran.exit_code == 0, ran.stderr
    (after,) = certificates(place / "tls" / "broker.pem")
    assert after.not_valid_after_utc >= before.not_valid_after_utc
    assert set(names(after)) >= {*names(before), "new.example"}
    assert (place / "tls" / "broker.key").stat().st_mode & 0o777 == 0o600
    assert broker("--dir", place, "check-config").exit_code == 0
    assert "not after" in broker("--dir", place, "tls", "renew").stdout


def test_the_authority_is_exchanged_in_the_order_in_which_nobody_is_lost(place: Path) -> None:
    (old,) = certificates(place / "tls" / "ca.pem")
    ran = broker("--dir", place, "tls", "authority", "add", "--json")
    assert ran.exit_code == 0, ran.stderr
    both = certificates(place / "tls" / "ca.pem")
    new = both[1]
    assert both == (old, new)
    assert new.subject != old.subject, "some stacks look for an issuer by its name only"
    assert broker("--dir", place, "check-config").exit_code == 0
    # The node was only given the old one, so the broker keeps its certificate.
    for words in (["renew"], ["authority", "retire", "--yes"]):
        refused = broker("--dir", place, "tls", *words, "--json")
        assert refused.exit_code == 2
        assert refused.json["error"]["reason"] == "CONFIGURATION_INVALID"
    assert admit(place, request(place, "second", OLD)).exit_code == 0
    told = read_admission((place.parent / "second.admission").read_bytes())
    assert told.ca_pem.count("BEGIN CERTIFICATE") == 2
    (issued,) = certificates_of(told.certificate_pem.encode(), "admission")
    assert issuer_among(issued, [new]) == new
    assert broker("--dir", place, "tls", "renew").exit_code == 0
    (own,) = certificates(place / "tls" / "broker.pem")
    assert issuer_among(own, [new]) == new
    assert broker("--dir", place, "tls", "authority", "retire", answer="n\n").exit_code == 1
    assert broker("--dir", place, "tls", "authority", "retire", "--yes").exit_code == 0
    assert certificates(place / "tls" / "ca.pem") == (new,)
    assert tomllib.loads((place / "broker.toml").read_text())["authority"]["since"] == 1
    assert broker("--dir", place, "check-config").exit_code == 0


def test_the_broker_keeps_its_certificate_while_a_node_knows_only_the_old_one(
    place: Path, tmp_path: Path
) -> None:
    assert broker("--dir", place, "tls", "authority", "add").exit_code == 0
    assert admit(place, join_request(tmp_path, "tha", "THA01")).exit_code == 0
    refused = broker("--dir", place, "tls", "renew", "--json")
    assert "che" in refused.json["error"]["metadata"]["found"]
    assert "tha" not in refused.json["error"]["metadata"]["found"]
    assert broker("--dir", place, "tls", "renew", "--although-nodes-remain").exit_code == 0


def test_an_authority_that_nobody_trusts_certifies_nothing(place: Path, tmp_path: Path) -> None:
    other = set_up(tmp_path / "other")
    toml = place / "broker.toml"
    text = toml.read_text().replace(
        'certificate = "tls/ca.pem"', f'certificate = "{other}/tls/ca.pem"'
    )
    toml.write_text(text.replace('key = "authority/ca.key"', f'key = "{other}/authority/ca.key"'))
    refused = broker("--dir", place, "tls", "renew", "--json")
    assert (refused.exit_code, "tls.ca" in str(refused.json)) == (2, True)
