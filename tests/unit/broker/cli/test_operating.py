# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Commands that change something, on a broker that does not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.store.engines import taken
from broker.store.genesis import read_network
from itmo.admission import read_admission
from itmo.joining import proof_of_possession_text
from itmo.keys import KeyPurpose, MemorySigner, generate_key_file
from tests.kit.guards import behind_guards
from tests.unit.broker.cli.kit import Ran, books, broker, join_request, set_up, where

NDC = [
    "--ndc-start",
    "2021",
    "--ndc-end",
    "2030",
    "--target",
    "single-year",
    "--method",
    "averaging",
]
APPROACH = ["--title", "E-buses", "--parties", "THA,CHE", "--sectors", "Transportation",
            "--activity-types", "Transport"]  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return set_up(tmp_path / "broker")


def admitted(place: Path, tmp_path: Path, *words: str) -> Ran:
    return broker(
        "--dir", place, "admit", join_request(tmp_path), "--out", tmp_path / "che.json", *words
    )


def test_init_shows_fingerprints_and_no_secret(tmp_path: Path) -> None:
    ran = broker("--dir", tmp_path / "b", "init", "--network", "test-net", "--json")
    assert ran.exit_code == 0
    assert set(ran.json) == {
        "directory", "network_id", "node_id", "message_keyid", "operator_keyid",
        "authority_fingerprint", "tls_key_hash",
    }  # fmt: skip
    assert "PRIVATE" not in ran.stdout
    again = broker("--dir", tmp_path / "b", "init", "--network", "test-net", "--json")
    assert (again.exit_code, again.json["error"]["reason"]) == (1, "ALREADY_EXISTS")


def test_init_says_what_comes_next(tmp_path: Path) -> None:
    text = broker("--dir", tmp_path / "b", "init", "--network", "test-net").stdout
    for command in ("serve", "admit REQUEST"):
        assert f"`broker --dir {tmp_path / 'b'} {command}`" in text


@pytest.mark.parametrize("listen", ["0.0.0.0:7443", "[::]:7443"])
def test_an_address_at_which_nobody_can_be_found_is_refused(tmp_path: Path, listen: str) -> None:
    """Before, admissions sent nodes to 0.0.0.0, and no certificate fitted."""
    words = ["--dir", tmp_path / "b", "init", "--network", "test-net", "--listen", listen]
    ran = broker(*words, "--json")
    assert (ran.exit_code, ran.json["error"]["reason"]) == (2, "CONFIGURATION_INVALID")
    assert "--public" in ran.json["error"]["message"]
    assert not (tmp_path / "b").exists()
    assert broker(*words, "--public", "broker.example.org:7443").exit_code == 0
    assert broker("--dir", tmp_path / "b", "check-config").exit_code == 0


def test_a_clock_is_for_test_networks(tmp_path: Path) -> None:
    start = "2023-08-01T00:00:00Z"
    words = ["init", "--network", "test-net", "--clock", start]
    assert broker("--dir", tmp_path / "a", *words).exit_code == 2
    place = set_up(tmp_path / "b", "--clock", start)
    assert broker("--dir", place, "clock", "--json").json["time"].startswith("2023-08-01T00:00")
    real = tmp_path / "c"
    assert broker("--dir", real, "init", "--network", "real-net").exit_code == 0
    ran = broker("--dir", real, "clock", "set", start, "--json")
    assert (ran.exit_code, ran.json["error"]["reason"]) == (1, "NOT_A_TEST_NETWORK")


def test_a_clock_is_set_forward_only(tmp_path: Path) -> None:
    place = set_up(tmp_path / "b", "--clock", "2023-08-01T00:00:00Z")
    ran = broker("--dir", place, "clock", "set", "2024-01-01T01:00:00+01:00", "--json")
    assert ran.json["time"].startswith("2024-01-01T00:00:00")
    assert broker("--dir", place, "clock", "show", "--json").json["time"].startswith("2024-01-01T")
    back = broker("--dir", place, "clock", "set", "2023-12-31T00:00:00Z", "--json")
    assert (back.exit_code, back.json["error"]["reason"]) == (1, "CLOCK_NOT_SETTABLE")
    for bad in ("yesterday", "2024-01-01T00:00:00", "2024-13-01T00:00:00Z"):
        assert broker("--dir", place, "clock", "set", bad).exit_code == 2


def test_a_clock_before_there_is_a_database(place: Path) -> None:
    assert broker("--dir", place, "clock", "--json").json["running"] is False


def test_admission(place: Path, tmp_path: Path) -> None:
    ran = admitted(place, tmp_path, "--yes", "--json")
    assert ran.exit_code == 0, ran.stderr
    admission = read_admission((tmp_path / "che.json").read_text())
    assert (admission.node, admission.network_id, admission.test_network) == (
        "che",
        "test-net",
        True,
    )
    assert [key.purpose for key in admission.broker_keys] == [KeyPurpose.SIGN_RECEIPT]
    (registry,) = broker("--dir", place, "registries", "--json").listed
    assert (registry["registry"], registry["designated_by"]) == ("CHE01", ["CHE"])
    assert broker("--dir", place, "verify").exit_code == 0


def test_admission_asks_and_shows_what_is_asked_for(place: Path, tmp_path: Path) -> None:
    request = join_request(tmp_path)
    words = ["--dir", place, "admit", request, "--out", tmp_path / "che.json"]
    ran = broker(*words, answer="n\n")
    assert ran.exit_code == 1
    for told in ("che", "NATIONAL", "CHE01", "key fingerprint"):
        assert told in ran.stdout
    assert not (tmp_path / "che.json").exists()
    assert broker(*words, answer="").exit_code == 1
    assert broker(*words, "--json").exit_code == 2
    assert broker(*words, answer="y\n").exit_code == 0


def test_admission_overwrites_nothing_and_can_be_repeated(place: Path, tmp_path: Path) -> None:
    request = join_request(tmp_path)
    words = ["--dir", place, "admit", request, "--yes", "--json", "--out"]
    assert broker(*words, tmp_path / "1.json").exit_code == 0
    again = broker(*words, tmp_path / "1.json")
    assert (again.exit_code, again.json["error"]["reason"]) == (1, "ALREADY_EXISTS")
    assert broker(*words, tmp_path / "2.json").exit_code == 0


def test_admission_refuses_other_networks_and_bad_files(place: Path, tmp_path: Path) -> None:
    other = join_request(tmp_path, "tha", "THA01", network="other-net")
    ran = broker("--dir", place, "admit", other, "--yes", "--json")
    assert (ran.exit_code, ran.json["error"]["reason"]) == (1, "NETWORK_MISMATCH")
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    assert broker("--dir", place, "admit", bad, "--yes").exit_code == 2
    assert broker("--dir", place, "admit", tmp_path / "none").exit_code == 2


def test_a_registry_that_is_taken_is_refused(place: Path, tmp_path: Path) -> None:
    admitted(place, tmp_path, "--yes")
    other = join_request(tmp_path, "rival", "CHE01")
    ran = broker(
        "--dir", place, "admit", other, "--yes", "--json", "--out", tmp_path / "rival.json"
    )
    assert (ran.exit_code, ran.json["error"]["reason"]) == (1, "ALREADY_EXISTS")
    assert not (tmp_path / "rival.json").exists()


def test_without_the_authoritys_key_nobody_is_admitted(place: Path, tmp_path: Path) -> None:
    (place / "authority" / "ca.key").unlink()
    assert admitted(place, tmp_path, "--yes").exit_code == 2
    assert broker("--dir", place, "check-config").exit_code == 0


def test_suspension(place: Path, tmp_path: Path) -> None:
    admitted(place, tmp_path, "--yes")

    def status() -> str:
        return str(broker("--dir", place, "registries", "--json").listed[0]["status"])

    for words, expected in (
        (["suspend", "CHE01", "--reason", "audit"], "NON_OPERATIONAL"),
        (["suspend", "CHE01", "--reason", "audit", "--only-new"], "TRANSACTIONS_DISALLOWED"),
        (["resume", "CHE01"], "OPERATIONAL"),
    ):
        ran = broker("--dir", place, *words, "--json")
        assert (ran.exit_code, ran.json["status"]) == (0, expected)
        assert status() == expected
    unknown = broker("--dir", place, "suspend", "THA01", "--reason", "x", "--json")
    assert (unknown.exit_code, unknown.json["error"]["reason"]) == (1, "NOT_FOUND")
    assert broker("--dir", place, "suspend", "THA01").exit_code == 2
    assert broker("--dir", place, "suspend", "THA01", "--reason", "\x1b").exit_code == 2


def test_a_party_by_options_and_by_file(place: Path, tmp_path: Path) -> None:
    ran = broker("--dir", place, "party", "THA", *NDC, "--initial-report", "2021-06-01", "--json")
    assert ran.exit_code == 0, ran.stderr
    assert ran.json["stated"]["ndc_periods"][0]["method"] == "averaging"
    file = tmp_path / "che.yaml"
    file.write_text(
        "party: CHE\ninitial_report: 2021-01-01\nnot_eligible: [tracking]\n"
        "ndc_periods: [{start: 2021, end: 2030, target: multi-year, method: trajectory}]\n"
    )
    assert broker("--dir", place, "party", "--file", file, "--json").json["party"] == "CHE"
    found = broker("--dir", place, "balance", "--party", "CHE", "--year", "2024", "--json").json
    assert found["method"] == "TRAJECTORY"


def test_a_method_stays(place: Path) -> None:
    broker("--dir", place, "party", "THA", *NDC)
    other = [*NDC[:-1], "trajectory"]
    ran = broker("--dir", place, "party", "THA", *other, "--yes", "--json")
    assert ran.exit_code == 1
    assert ran.json["error"]["metadata"]["code"] == "CA_METHOD_FIXED"


@pytest.mark.parametrize(
    "text",
    [
        "party: CHE\nparti: x\n",
        "party: CHE\nndc_periods: [{start: 2021}]\n",
        "- 1\n",
        "a: [\n",
        "party: ZZZ\n",
        "party: CHE\ninitial_report: soon\n",
    ],
)
def test_a_bad_file(place: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    assert broker("--dir", place, "party", "--file", file).exit_code == 2


def nothing_founded(place: Path) -> bool:
    """Whether no statement has begun the books: `init` makes tables on a server, but no file."""
    found = where(place)
    if not found.url:
        return not found.file.exists()
    with books(place) as connection:
        return read_network(connection) is None


@pytest.mark.parametrize(
    "words",
    [
        ["party"],
        ["party", "CHE", "--ndc-start", "2021"],
        ["party", "CHE", "--not-eligible", "x"],
        ["party", "ZZZ"],
        ["approach"],
        ["approach", "CA0003", "--title", "E-buses"],
        ["approach", "CA3"],
        ["approach", "CA3", *APPROACH],
        ["approach", "CA0003", *APPROACH, "--evidence", "12"],
    ],
    ids=" ".join,
)
def test_incomplete_statements(place: Path, words: list[str]) -> None:
    assert broker("--dir", place, *words).exit_code == 2
    assert nothing_founded(place)


def test_activities_are_registered_and_listed(place: Path) -> None:
    timing = ["--authorization-timing", "up-to-registration"]
    assert broker("--dir", place, "approach", "CA0003", *APPROACH, *timing).exit_code == 0
    assert broker("--dir", place, "activities", "--json").listed == []
    words = ["activity", "CA0003", "Buses 1", "--registered"]
    ran = broker("--dir", place, *words, "2023-08-01", "--json")
    assert (ran.exit_code, ran.json["registered"]) == (0, "2023-08-01")
    assert broker("--dir", place, *words, "9000-01-01").exit_code == 1
    assert broker("--dir", place, *words, "soon").exit_code == 2
    assert broker("--dir", place, "activity", "CA0009", *words[2:], "2023-08-01").exit_code == 1
    (listed,) = broker("--dir", place, "activities", "--json").listed
    assert (listed["activity"], listed["registered"]) == ("Buses 1", "2023-08-01")
    assert "Buses 1" in broker("--dir", place, "activities").stdout


def test_an_approach_by_options_and_by_file(place: Path, tmp_path: Path) -> None:
    ran = broker("--dir", place, "approach", "CA0003", *APPROACH, "--evidence", "ab" * 32, "--json")
    assert (ran.exit_code, ran.json["cooperative_approach"]) == (0, "CA0003")
    file = tmp_path / "ca.yaml"
    file.write_text(
        "id: CA0005\ntitle: Forests\nparties: [GUY, CHE]\nsectors: [LULUCF]\n"
        f"activity_types: [Forests]\nevidence: [{'0' * 63}1]\n"
    )
    ran = broker("--dir", place, "approach", "--file", file, "--json")
    assert ran.exit_code in (0, 2)
    assert broker("--dir", place, "approach", "CA0005", "--file", file).exit_code == 2


def test_keys_are_rotated(place: Path) -> None:
    broker("--dir", place, "party", "THA", *NDC)
    (first,) = broker("--dir", place, "key", "list", "--node", "broker", "--json").listed
    new = place / "keys" / "message-2.pem"
    ran = broker("--dir", place, "key", "add", "broker", "--key-file", new, "--json")
    assert ran.exit_code == 0, ran.stderr
    assert new.stat().st_mode & 0o777 == 0o600
    listed = broker("--dir", place, "key", "list", "--node", "broker", "--json").listed
    assert {key["keyid"] for key in listed} == {first["keyid"], ran.json["keyid"]}
    words = ["--dir", place, "key", "revoke", "broker", first["keyid"]]
    assert broker(*words, answer="n\n").exit_code == 1
    assert broker(*words, "--json").exit_code == 2
    in_use = broker(*words, "--yes", "--json")
    assert (in_use.exit_code, in_use.json["error"]["reason"]) == (1, "KEY_IN_USE")
    settings = place / "broker.toml"
    settings.write_text(settings.read_text().replace("keys/message.pem", "keys/message-2.pem"))
    assert broker(*words, "--yes").exit_code == 0
    listed = broker("--dir", place, "key", "list", "--node", "broker", "--json").listed
    assert [key["keyid"] for key in listed if key["revoked_at"]] == [first["keyid"]]
    unknown = broker("--dir", place, "key", "revoke", "broker", "ff", "--yes", "--json")
    assert (unknown.exit_code, unknown.json["error"]["reason"]) == (1, "KEY_UNKNOWN")


def test_a_key_that_is_not_registered_signs_nothing(place: Path) -> None:
    broker("--dir", place, "party", "THA", *NDC)
    settings = place / "broker.toml"
    written = settings.read_text()
    for name, setting in [("message", "signers.message"), ("operator", "signers.operator")]:
        generate_key_file(place / "keys" / f"{name}-other.pem")
        settings.write_text(written.replace(f"keys/{name}.pem", f"keys/{name}-other.pem"))
        checked = broker("--dir", place, "check-config", "--json")
        assert checked.exit_code == 2
        (fault,) = [each["found"] for each in checked.json["checked"] if not each["ok"]]
        assert setting in fault
        assert "broker key add" in fault
        started = broker("--dir", place, "serve", "--json")
        assert started.exit_code == 2
        assert started.json["error"]["metadata"]["setting"] == setting
    # A key is for one purpose: the two signers are not exchanged for each other.
    settings.write_text(written.replace("keys/message.pem", "keys/operator.pem"))
    assert broker("--dir", place, "serve", "--json").exit_code == 2
    settings.write_text(written)
    assert broker("--dir", place, "check-config").exit_code == 0


OWN = "WHERE purpose = 'SIGN_RECEIPT'"


def test_a_key_that_has_ended_or_was_revoked_signs_nothing(place: Path) -> None:
    broker("--dir", place, "party", "THA", *NDC)
    for change in ("not_after = not_before + 1", "revoked_at = not_before + 1"):
        with books(place) as connection:
            kept = connection.execute(f"SELECT not_after, revoked_at FROM key {OWN}").fetchone()
            assert connection.execute(f"UPDATE key SET {change} {OWN}").rowcount == 1
        assert broker("--dir", place, "check-config").exit_code == 2
        assert broker("--dir", place, "serve", "--json").json["error"]["reason"] == (
            "CONFIGURATION_INVALID"
        )
        with books(place) as connection:
            behind_guards(connection, f"UPDATE key SET not_after = ?, revoked_at = ? {OWN}", kept)
        assert broker("--dir", place, "check-config").exit_code == 0


def test_a_nodes_key_needs_proof(place: Path, tmp_path: Path) -> None:
    admitted(place, tmp_path, "--yes")
    signer = MemorySigner.from_seed(b"n" * 32)
    proof = signer.sign(proof_of_possession_text("test-net", "che", signer.public_key).encode())
    words = ["--dir", place, "key", "add", "che", "--public-key", signer.public_key.hex(), "--json"]
    assert broker(*words).exit_code == 2
    wrong = broker(*words, "--proof", "00" * 64)
    assert (wrong.exit_code, wrong.json["error"]["reason"]) == (1, "KEY_REFUSED")
    assert broker(*words, "--proof", "xyz").exit_code == 2
    ran = broker(*words, "--proof", proof.hex(), "--until", "2030-01-01T00:00:00Z")
    assert (ran.exit_code, ran.json["keyid"]) == (0, signer.keyid)


def test_a_key_by_hand_shows_the_next_step(place: Path) -> None:
    new = place / "keys" / "operator-2.pem"
    text = broker("--dir", place, "key", "add", "operator", "--key-file", new).stdout
    assert "signers.operator" in text


def test_a_locked_database_without_a_socket_is_unreachable(place: Path) -> None:
    broker("--dir", place, "party", "THA", *NDC)  # makes the database
    holder = where(place).open_writer()
    try:
        taken(holder)
        ran = broker("--dir", place, "party", "THA", *NDC, "--json")
        assert (ran.exit_code, ran.json["error"]["reason"]) == (3, "PROGRAM_NOT_RUNNING")
        assert "broker serve" in ran.json["error"]["remedy"]
    finally:
        holder.close()


def test_a_broken_ledger_takes_no_statement(place: Path) -> None:
    broker("--dir", place, "party", "THA", *NDC)
    with books(place) as writer:
        behind_guards(writer, "UPDATE log_leaf SET leaf_hash = zeroblob(32)")
    ran = broker("--dir", place, "party", "CHE", *NDC, "--json")
    assert (ran.exit_code, ran.json["error"]["reason"]) == (1, "LEDGER_AUDIT_FAILED")
    assert broker("--dir", place, "verify").exit_code == 1


def test_status_of_a_broker_that_does_not_run(place: Path) -> None:
    ran = broker("--dir", place, "status", "--json")
    assert (ran.exit_code, ran.json["error"]["reason"]) == (3, "PROGRAM_NOT_RUNNING")
    (place / "operator.sock").touch()
    ran = broker("--dir", place, "status")
    assert ran.exit_code == 3
    assert "not running" in ran.stderr


def private_files(place: Path) -> str:
    ran = broker("--dir", place, "check-config", "--json")
    (found,) = (x["found"] for x in ran.json["checked"] if x["what"] == "private files")
    return str(found)


@pytest.mark.on_sqlite("the rights of the database's own file, which a server keeps by itself")
def test_check_config_names_files_that_others_can_open_or_change(place: Path) -> None:
    broker("--dir", place, "party", "THA", *NDC)  # makes the database
    assert private_files(place) == "their owner's alone"
    (place / "broker.sqlite").chmod(0o644)
    (place / "broker.sqlite.head").chmod(0o640)
    (place / "tls" / "ca.pem").chmod(0o666)
    (place / "keys").chmod(0o707)
    opened, changed = private_files(place).split("; ")
    assert opened.startswith("others can open broker/broker.sqlite, ")
    assert opened.endswith("broker/broker.sqlite.head: set mode 0600")
    assert changed == "others can change tls/ca.pem, broker/keys: take that right away (chmod o-w)"
    (place / "keys" / "message.pem").chmod(0o640)
    (place / "authority" / "ca.key").chmod(0o640)
    ran = broker("--dir", place, "check-config")
    assert ran.exit_code == 2
    assert "keys/message.pem" in ran.stderr
    assert "authority/ca.key" in ran.stderr


def test_check_config_finds_what_is_wrong(place: Path) -> None:
    ran = broker("--dir", place, "check-config", "--json")
    assert (ran.exit_code, ran.json["ok"]) == (0, True)
    (place / "keys" / "message.pem").unlink()
    (place / "tls" / "broker.pem").write_text("nothing")
    ran = broker("--dir", place, "check-config", "--json")
    assert (ran.exit_code, ran.json["ok"]) == (2, False)
    assert {each["what"] for each in ran.json["checked"] if not each["ok"]} == {
        "signers.message",
        "tls",
    }
    (place / "broker.toml").write_text("nonsense = 1\n")
    assert broker("--dir", place, "check-config").exit_code == 2
