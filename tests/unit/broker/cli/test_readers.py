# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Commands that read the books of a broker that does not run."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from itmo.lifecycle import State
from tests.kit.clearing import ClearingWorld
from tests.kit.many import many
from tests.unit.broker.cli.kit import books, broker, fill, set_up


@dataclass(frozen=True)
class Place:
    directory: Path
    world: ClearingWorld

    def transactions(self, state: str) -> list[str]:
        rows = self.world.connection.execute(
            "SELECT transaction_id FROM transaction_record WHERE state = ? ORDER BY transaction_id",
            (state,),
        )
        return [row[0] for row in rows]


@pytest.fixture
async def place(tmp_path: Path) -> Place:
    directory = set_up(tmp_path / "broker")
    return Place(directory, await fill(directory))


READERS = [
    (["registries"], {"registry", "party", "status", "node", "node_kind", "designated_by"}),
    (["accounts"], {"account_id", "registry", "account_type", "final", "closed", "units"}),
    (["accounts", "--registry", "CHE01"], {"account_id", "units"}),
    (["holdings"], {"account_id", "registry", "first", "last", "quantity", "locked_by"}),
    (["holdings", "--registry", "THA01"], {"first_transferred", "vintage", "attributes"}),
    (["holdings", "--as-of", "9998-12-31"], {"account_id", "quantity"}),
    (["transactions"], {"transaction_id", "state", "quantity", "proposed_at", "type"}),
    (["transactions", "--state", "completed"], {"transaction_id"}),
    (["transactions", "--registry", "CHE01", "--limit", "1"], {"deadline"}),
    (["checks", "list"], {"id", "title", "severity", "citation", "state", "category"}),
    (["checks", "list", "--category", "mechanism"], {"id", "state"}),
    (["adjustments"], {"entry_id", "party", "year", "quantity", "booked_at", "transaction_id"}),
    (["adjustments", "--party", "CHE", "--year", "2024"], {"kind", "metric"}),
    (["authorizations"], {"version", "issued_quantity", "used"}),
    (["authorizations", "--party", "THA"], {"version"}),
    (["mailboxes"], {"node", "last_sequence", "acknowledged_sequence"}),
    (["refusals"], {"refused_at", "caller", "reason", "found"}),
    (["key", "list"], {"keyid", "node", "purpose", "not_before", "not_after", "revoked_at"}),
    (["key", "list", "--node", "tha"], {"keyid"}),
]
SOON = {"registries", "holdings --registry THA01", "transactions", "authorizations", "refusals"}
"""Lists that the fast tests read, of all that a broker keeps."""


@pytest.mark.parametrize(("words", "names"), many(READERS, SOON, lambda row: " ".join(row[0])))
async def test_a_list_as_json_and_as_text(place: Place, words: list[str], names: set[str]) -> None:
    ran = broker("--dir", place.directory, *words, "--json")
    assert ran.exit_code == 0, ran.stderr
    assert ran.json
    assert names <= set(ran.listed[0])
    shown = broker("--dir", place.directory, *words)
    assert shown.exit_code == 0
    assert len(shown.stdout.splitlines()) > 2


async def test_holdings_and_units_as_of_a_day(place: Place) -> None:
    def shown(*words: str) -> Any:  # noqa: ANN401  # whatever the command prints
        return broker("--dir", place.directory, *words, "--json").json

    assert shown("holdings", "--as-of", "2022-12-31") == {"holdings": []}
    today = place.world.clock.now().date().isoformat()
    places = {
        (each["account_id"], each["quantity"])
        for each in shown("holdings", "--as-of", today)["holdings"]
    }
    assert sum(quantity for _, quantity in places) == 100_000
    before = shown("units", "where", "--approach", "CA0003", "--as-of", "2022-12-31")
    assert (before["holders"], before["not_known"]) == ([], [])
    then = shown("units", "where", "--approach", "CA0003", "--as-of", today)
    assert then["holders"] == shown("units", "where", "--approach", "CA0003")["holders"]
    text = broker("--dir", place.directory, "units", "history", "THA01:5", "--as-of", "2022-12-31")
    assert "nobody held it" in text.stdout
    assert broker("--dir", place.directory, "holdings", "--as-of", "soon").exit_code == 2


async def test_every_reader_escapes_what_others_wrote(place: Place) -> None:
    commands = [words for words, _ in READERS]
    commands += [["transaction", each, "--all"] for each in place.transactions("COMPLETED")]
    for words in commands:
        text = broker("--dir", place.directory, *words).stdout
        bad = {c for c in text if unicodedata.category(c) in {"Cc", "Cf"} and c != "\n"}
        assert not bad, words
    assert "\\x1b]0;title\\x07 \\u202e" in broker("--dir", place.directory, "refusals").stdout


async def test_actions(place: Place) -> None:
    ran = broker("--dir", place.directory, "actions", "--party", "che", "--json")
    assert ran.exit_code == 2
    found = broker("--dir", place.directory, "actions", "--party", "CHE", "--json").json
    assert [(each["type"], each["quantity"]) for each in found["actions"]] == [
        ("Acquisition", 1_000),
        ("Use", 100),
    ]
    assert found["more"] is False
    assert found["actions"][1]["year_of_use"] == 2024
    cut = broker("--dir", place.directory, "actions", "--limit", "1", "--json").json
    assert (len(cut["actions"]), cut["more"]) == (1, True)
    text = broker("--dir", place.directory, "actions", "--approach", "CA0003").stdout
    assert "First transfer to another Party" in text
    assert "THA01:1-1000" in text
    none = broker("--dir", place.directory, "actions", "--registry", "GHA01").stdout
    assert "nothing was done with units" in none


async def test_figures(place: Place) -> None:
    def shown(*words: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = broker("--dir", place.directory, *words, "--json").listed
        return found

    assert {a["account_type"]: a["units"] for a in shown("accounts", "--registry", "CHE01")} == {
        100: 900,
        200: 100,
    }
    assert [a["quantity"] for a in shown("adjustments")] == [1_000, -100]
    assert sum(int(str(h["quantity"])) for h in shown("holdings")) == 100_000
    assert {each["state"] for each in shown("checks", "list")} == {"judged", "kept"}


async def test_a_refused_transaction_is_explained(place: Place) -> None:
    (name,) = place.transactions("INVALIDATED")
    (winner,) = place.transactions("VALIDATED")
    text = broker("--dir", place.directory, "transaction", name).stdout
    for told in ("ID_LOCKED", "5500-5600", winner, "VALIDATED since", "Wait until", "UNFCCC ITMO"):
        assert told in text
    assert "ACC_EXISTS" not in text
    assert "checks passed" in text
    assert "ACC_EXISTS" in broker("--dir", place.directory, "transaction", name, "--all").stdout


async def test_a_completed_transaction_is_explained(place: Place) -> None:
    name = place.transactions("COMPLETED")[1]
    text = broker("--dir", place.directory, "transaction", name).stdout
    for told in ("proposer tha, in advance", "receiver che", "+1 000", "acceptance", "rulebook"):
        assert told in text
    found = broker("--dir", place.directory, "transaction", name, "--json").json
    names = {"transaction", "moves", "content", "verdict", "adjustments", "said", "winners"}
    assert {*names, "archived"} == set(found)
    assert found["archived"] == ""
    assert found["moves"][-1]["to_state"] == "COMPLETED"
    assert len(found["said"][0]["payload_hash"]) == 64


async def test_an_unknown_or_malformed_transaction(place: Place) -> None:
    unknown = "0189ae64-f800-7000-8000-000000000000"
    ran = broker("--dir", place.directory, "transaction", unknown, "--json")
    assert (ran.exit_code, ran.json["error"]["reason"]) == (1, "TRANSACTION_UNKNOWN")
    assert broker("--dir", place.directory, "transaction", "1").exit_code == 2


async def test_a_balance(place: Place) -> None:
    words = ["balance", "--party", "CHE", "--year", "2024"]
    found = broker("--dir", place.directory, *words, "--json").json
    assert (found["used"], found["method"], found["balance"]) == (100, "TRAJECTORY", None)
    assert found["adjustment"] == {"numerator": -100, "denominator": 1}
    explained = broker("--dir", place.directory, *words, "--explain", "--json").json
    assert len(explained["entries"]) == 1
    text = broker("--dir", place.directory, *words, "--explain").stdout
    assert "not known" in text
    assert "-100" in text


async def test_a_check_in_full(place: Place) -> None:
    found = broker("checks", "show", "FT_ONCE", "--json").json
    assert {"id", "title", "citation", "severity", "remedy"} <= set(found)
    assert "kept_by" not in found
    assert broker("checks", "show", "MSG_SCHEMA", "--json").json["kept_by"].startswith("the gate")
    report = broker("checks", "show", "REC_CA_BALANCE", "--json").json
    assert report["phase"] == "REPORT"
    assert "broker aef check" in report["kept_by"]
    assert broker("checks", "show", "NO_SUCH", "--json").json["error"]["reason"] == "NOT_FOUND"
    assert broker("checks", "list", "--category", "x").exit_code == 2


@pytest.mark.on_sqlite("a file is copied; a server has tools of its own, which the command names")
async def test_a_back_up_is_complete_and_overwrites_nothing(place: Place, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    ran = broker("--dir", place.directory, "backup", copy, "--json")
    assert ran.exit_code == 0, ran.stderr
    assert ran.json["decisions"] > 10
    assert copy.stat().st_mode & 0o777 == 0o600
    again = broker("--dir", place.directory, "backup", copy, "--json")
    assert (again.exit_code, again.json["error"]["reason"]) == (1, "ALREADY_EXISTS")
    nowhere = broker("--dir", place.directory, "backup", tmp_path / "no" / "copy", "--json")
    assert nowhere.exit_code == 2


async def test_verification_finds_a_changed_figure(place: Place) -> None:
    with books(place.directory) as connection:
        (state,) = connection.execute("SELECT state FROM unit_block WHERE first = 101").fetchone()
        changed = json.dumps({**json.loads(state), "vintage": 2023}, separators=(",", ":"))
        connection.execute("UPDATE unit_block SET state = ? WHERE first = 101", (changed,))
    ran = broker("--dir", place.directory, "verify", "--json")
    assert (ran.exit_code, ran.json["ok"]) == (1, False)
    assert ran.json["problems"]
    assert "does not hold" in broker("--dir", place.directory, "verify").stdout


async def test_verification(place: Place) -> None:
    ran = broker("--dir", place.directory, "verify", "--json")
    assert ran.exit_code == 0, ran.stdout
    assert ran.json["ok"] is True


@pytest.mark.on_sqlite("a file that is no database any more; a server says itself what it holds")
async def test_verification_of_a_spoilt_file(place: Place) -> None:
    (place.directory / "broker.sqlite").write_bytes(b"not a database, but long enough" * 100)
    spoilt = broker("--dir", place.directory, "verify", "--json")
    assert (spoilt.exit_code, spoilt.json["error"]["reason"]) == (1, "LEDGER_AUDIT_FAILED")
    assert broker("--dir", place.directory, "holdings").exit_code == 2


async def test_an_authorization_is_shown_as_the_readable_statement(
    place: Place, tmp_path: Path
) -> None:
    first = broker("--dir", place.directory, "authorizations", "--json").listed[0]["version"]
    name = [first["party"], first["id"]]
    shown = broker("--dir", place.directory, "authorization", *name)
    assert shown.exit_code == 0, shown.stderr
    for said in (first["id"], "First transferring Party", "Signed for the Party", "Receipt"):
        assert said in shown.stdout
    told = broker("--dir", place.directory, "authorization", *name, "--json").json
    assert told["elements"]["authorization_id"] == [first["id"]]
    page = tmp_path / "letter.html"
    assert broker("--dir", place.directory, "authorization", *name, "--html", page).exit_code == 0
    assert first["id"] in page.read_text()
    missing = broker("--dir", place.directory, "authorization", "THA", "none-such")
    assert missing.exit_code == 1
    assert "NOT_FOUND" in missing.stderr
    late = broker("--dir", place.directory, "authorization", *name, "--version", "99")
    assert "no version 99" in late.stderr


async def test_a_transaction_may_be_named_by_a_part_of_its_id(place: Place) -> None:
    every = [name for state in State for name in place.transactions(state)]
    name = every[0]
    tail = next(n for n in range(4, 36) if sum(each.endswith(name[-n:]) for each in every) == 1)
    words = ("--dir", place.directory, "transaction")
    shown = broker(*words, name[-tail:].upper(), "--json")
    assert shown.exit_code == 0, shown.stderr
    assert shown.json["transaction"]["transaction_id"] == name
    several = broker(*words, name[:4], "--json")
    assert (several.exit_code, several.json["error"]["reason"]) == (2, "IDENTIFIER_INVALID")
    assert "write more of it" in several.json["error"]["message"]
    for nothing in ("ffff", "zz", "%%%%"):
        assert broker(*words, nothing).exit_code in (1, 2)


async def test_a_check_is_found_by_the_number_that_others_know_it_by(
    place: Place,
) -> None:  # commands need a place
    found = broker("checks", "show", "4010", "--json").json
    assert (found["number"], found["by"], found["provenance"]) == (
        4010,
        "ID_LOCKED",
        "UNCONFIRMED",
    )
    (check,) = found["checks"]
    assert check["id"] == "ID_LOCKED"
    assert str(check["known_as"]) == "4010"
    text = broker("checks", "show", "4010").stdout
    assert "Wait until the other transaction ends" in text
    unknown = broker("checks", "show", "4014", "--json").json
    assert unknown["carried_out"] == "not known"
    assert not unknown["checks"]
    assert "never told as if it were known" in unknown["remark"]
    refused = broker("checks", "show", "3009", "--json").json
    assert refused["by"] == "ILLEGAL_TRANSITION"
    assert broker("checks", "show", "4010", "--rulebook", "paris").exit_code == 1
    listed = broker("checks", "list", "--json").json["checks"]
    assert {each["rulebook"] for each in listed} >= {"paris", "kyoto"}
    assert all(each["citation"] for each in listed)
    (cap,) = (each for each in listed if each["id"] == "KP_ISSUE_CAP")
    assert (cap["known_as"], cap["provenance"]) == ("5008 REG-3011", "CONFIRMED")
