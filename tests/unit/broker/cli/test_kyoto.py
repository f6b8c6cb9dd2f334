# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the operator states under the rulebook kyoto, by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.rulebook.kyoto.codes import Track
from broker.rulebook.kyoto.tables import ACTIVITIES, UNIT_TYPE_ROWS
from itmo import kyoto_words
from itmo.kyoto_words import UNIT_TYPES
from itmo.payloads import PayloadKind, decode
from tests.unit.broker.cli.kit import books, broker, join_request, set_up


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = set_up(tmp_path / "broker")
    file = made / "broker.toml"
    text = file.read_text()
    assert 'rulebooks = ["paris"]' in text
    file.write_text(text.replace('rulebooks = ["paris"]', 'rulebooks = ["paris", "kyoto"]'))
    return made


def test_everything_is_stated_and_verified(place: Path) -> None:
    for words in (
        ("period", "1", "2008-01-01", "2012-12-31", "2015-11-18"),
        ("assigned-amount", "GBR", "1", "1000"),
        ("eligible", "GBR"),
        ("eligible", "CHE", "--no-longer"),
        ("project", "GBR22"),
        ("period", "2"),
        ("period", "3", "2021-01-01", "2030-12-31", "2033-09-09"),
        ("period", "1", "--carry-over", "2015-11-19", "2023-09-09"),
        ("assigned-amount", "GBR", "1", "--base", "779904144", "--percentage", "87.5"),
        ("allowance", "GBR", "1", "forest-management", "5000"),
        ("allowance", "GBR", "1", "2", "5000"),
        ("eligible", "GBR", "--no-cers"),
        ("inventory", "GBR", "2008", "628000000", "--reviewed", "2010-09-01"),
        ("compliance", "GBR", "1", "3000000000", "--settled", "2015-11-20"),
        ("compliance", "GBR", "1", "3000000000"),
        ("project", "IND9876", "--mechanism", "cdm", "--land-use", "--title", "Trees"),
        ("activity-move", "IND9876", "2021-01-01", "--as", "A64-17"),
        ("activity-move", "IND9876"),
        ("project", "IND9877", "--mechanism", "cdm", "--yearly-reductions", "40000"),
        ("issuance-request", "IND9876", "1", "2012-03-01", "15001"),
        ("issuance-request", "IND9877", "1", "2017-08-01", "15001", "--paid-before"),
        ("fee-payment", "IND9876", "1", "2012-03-02", "100000"),
        ("fee-payment", "IND9877", "1", "2012-03-02", "650000", "--for", "registration"),
        ("forwarding-letter", "GBR", "IND9876", "2012-03-03", "--reference", "GB/12"),
        ("forwarding-letter", "GBR", "IND9876", "2012-03-03", "--withdrawn"),
        ("project", "GBR23", "--track", "independently-verified", "--status", "suspended"),
        ("verification", "GBR23", "1", "2008-01-01", "2008-12-31", "1000"),
        ("verification", "GBR23", "2", "2009-01-01", "2009-12-31", "1000", "--draft"),
    ):
        ran = broker("--dir", place, "kyoto", *words)
        assert ran.exit_code == 0, ran.stdout + ran.stderr
        assert "is stated, decision" in ran.stdout
    assert broker("--dir", place, "verify").exit_code == 0


def test_targets_are_stated_and_shown_as_text_data_and_page(place: Path, tmp_path: Path) -> None:
    broker("--dir", place, "kyoto", "eligible", "GBR")
    none = broker("--dir", place, "kyoto", "targets")
    assert none.exit_code == 0, none.stderr
    assert "No target is stated" in none.stdout
    ran = broker(
        "--dir", place, "kyoto", "target", "GBR", "pledge", "2013-2020", "--base", "779904144",
        "--base-year", "1990", "--reduction", "2000", "--up-to", "3000", "--condition", "others join",
        "--gas", "CO2", "--gas", "CH4", "--sector", "Energy", "--activity", "3",
    )  # fmt: skip
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    shown = broker("--dir", place, "kyoto", "targets", "GBR")
    assert "20.00 % to 30.00 % below the base" in shown.stdout
    assert "not met: others join" in shown.stdout
    page = tmp_path / "targets.html"
    data = broker("--dir", place, "kyoto", "targets", "--html", page, "--json")
    (told,) = data.json["targets"]
    assert told["target"]["gases"] == ["CO2", "CH4"]
    assert (told["at_least"], told["at_most"]) == (4367463206, 4991386521)
    assert "<svg" in page.read_text()


def test_a_network_of_this_rulebook_alone_is_verified_by_what_holds_there(tmp_path: Path) -> None:
    place = set_up(tmp_path / "broker", "--rulebook", "kyoto")
    assert broker("--dir", place, "kyoto", "project", "GBR22").exit_code == 0
    ran = broker("--dir", place, "verify")
    assert ran.exit_code == 0, ran.stdout


def test_what_is_malformed_is_refused(place: Path) -> None:
    for words in (
        ("period", "1", "2012-12-31", "2008-01-01", "2015-11-18"),
        ("project", "22"),
        ("eligible", "Britain"),
    ):
        ran = broker("--dir", place, "kyoto", *words, "--json")
        assert ran.exit_code == 1
        assert ran.json["error"]["reason"] in {"PAYLOAD_INVALID", "IDENTIFIER_INVALID"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("period", "3"), "1 and 2; name its days"),
        (("period", "3", "2021-01-01"), "name all three days"),
        (("assigned-amount", "GBR", "1"), "QUANTITY"),
        (("assigned-amount", "GBR", "1", "--base", "5"), "go together"),
        (("assigned-amount", "GBR", "1", "--base", "5", "--percentage", "87.555"), "such as 87.5"),
        (("assigned-amount", "GBR", "1", "--base", "5", "--percentage", "NaN"), "such as 87.5"),
        (("allowance", "GBR", "1", "forests", "5"), "3 or forest-management"),
        (("allowance", "GBR", "1", "0", "5"), "3 or forest-management"),
        (("inventory", "GBR", "2008", "5"), "--reviewed"),
    ],
)
def test_usage_says_what_is_expected(place: Path, words: tuple[str, ...], says: str) -> None:
    ran = broker("--dir", place, "kyoto", *words)
    assert ran.exit_code == 2
    assert says in ran.stderr


def test_an_amount_follows_from_base_and_percentage(place: Path) -> None:
    words = ("assigned-amount", "GBR", "1", "--base", "779904144", "--percentage", "87.5")
    assert broker("--dir", place, "kyoto", *words).exit_code == 0
    with books(place) as connection:
        payload = connection.execute(
            "SELECT payload FROM message WHERE kind = ? ORDER BY log_index DESC LIMIT 1",
            (PayloadKind.KYOTO_STATEMENT.value,),
        ).fetchone()
    assert payload is not None
    stated = decode(PayloadKind.KYOTO_STATEMENT, payload[0])
    assert stated.assigned_amount.quantity == 3_412_080_630  # type: ignore[attr-defined]


def test_words_are_those_of_the_rulebook() -> None:
    assert {row.title: row.code for row in UNIT_TYPE_ROWS} == UNIT_TYPES
    assert {each.title: code for code, each in ACTIVITIES.items()} == kyoto_words.ACTIVITIES
    assert [each.name for each in Track] == [
        word.upper().replace("-", "_").replace(" ", "_") for word in kyoto_words.TRACKS
    ]


def test_a_network_is_founded_with_its_rulebooks(tmp_path: Path) -> None:
    words = ("init", "--network", "page-net", "--test", "--clock", "2014-03-03T09:00:00Z")
    made = broker("--dir", tmp_path / "broker", *words, "--rulebook", "kyoto")
    assert made.exit_code == 0, made.stderr
    assert 'rulebooks = ["kyoto"]' in (tmp_path / "broker" / "broker.toml").read_text()
    assert broker("--dir", tmp_path / "broker", "verify").exit_code == 0
    refused = broker("--dir", tmp_path / "other", *words, "--rulebook", "rome", "--json")
    assert refused.json["error"]["reason"] == "CONFIGURATION_INVALID"
    assert not (tmp_path / "other").exists()


def test_a_network_without_the_rulebook_does_not_take_it(tmp_path: Path) -> None:
    place = set_up(tmp_path / "broker")
    ran = broker("--dir", place, "kyoto", "project", "GBR22", "--json")
    assert ran.exit_code == 2
    assert ran.json["error"]["reason"] == "PAYLOAD_TYPE_UNKNOWN"


def test_units_and_trail_of_a_record_in_which_nothing_happened(place: Path) -> None:
    broker("--dir", place, "kyoto", "eligible", "GBR")
    assert "No units." in broker("--dir", place, "kyoto", "units", "--party", "GBR").stdout
    assert broker("--dir", place, "kyoto", "units", "--json").json == {"units": []}
    shown = broker("--dir", place, "kyoto", "trail", "GBR01:1-500", "--as-of", "2020-01-01")
    assert "Nothing happened to GBR01:1-500." in shown.stdout
    for wrong in ("GBR01", "GBR01:0-5", "GBR:1-5", "GBR01:5-1"):
        refused = broker("--dir", place, "kyoto", "trail", wrong, "--json")
        assert refused.exit_code in {1, 2}
        assert refused.json["error"]["reason"] in {"IDENTIFIER_INVALID", "SERIAL_RANGE_INVALID"}


def test_totals_of_a_record_in_which_nothing_happened(place: Path) -> None:
    broker("--dir", place, "kyoto", "eligible", "GBR")
    shown = broker("--dir", place, "kyoto", "totals")
    assert "Nothing was issued or converted" in shown.stdout
    data = broker("--dir", place, "kyoto", "totals", "--as-of", "2030-01-01", "--json").json
    assert data["clean_development"]["pending"] == 0
    assert data["joint_implementation"]["eru"] == []
    wrong = broker(
        "--dir", place, "kyoto", "totals", "--as-of", "2020-01-01", "--since", "2021-01-01"
    )
    assert wrong.exit_code == 2
    assert "--since is later than --as-of" in wrong.stderr


def test_notices_are_given_listed_as_of_a_moment_and_told_as_data(place: Path) -> None:
    broker("--dir", place, "kyoto", "eligible", "GBR")
    none = broker("--dir", place, "kyoto", "notices")
    assert "No notice of the log." in none.stdout
    refused = broker("--dir", place, "kyoto", "notice", "12", "2", "GBR01", "--quantity", "1200")
    assert refused.exit_code == 1
    assert "no registry GBR01" in refused.stderr
    request = join_request(place, "gbr", "GBR01")
    admitted = broker("--dir", place, "admit", request, "--yes", "--out", place / "gbr.json")
    assert admitted.exit_code == 0, admitted.stderr
    given = broker(
        "--dir", place, "kyoto", "notice", "12", "4", "GBR01", "--quantity", "1200", "--due",
        "2012-06-30", "--project", "IND4711", "--unit-type", "7", "--units", "IND01:1-1200",
        "--text", "the forest burned",
    )  # fmt: skip
    assert given.exit_code == 0, given.stdout + given.stderr
    assert "Notice 12 to GBR01 is stated" in given.stdout
    updated = broker(
        "--dir", place, "kyoto", "notice", "12", "10", "GBR01", "--quantity", "1000", "--due", "2100-01-01"
    )  # fmt: skip
    assert updated.exit_code == 0, updated.stderr
    shown = broker("--dir", place, "kyoto", "notices", "--party", "GBR")
    for words in ("reversal of storage", "1 000", "open", "project IND4711, lCERs", "History"):
        assert words in shown.stdout
    (told,) = broker("--dir", place, "kyoto", "notices", "--json").json["notices"]
    assert (told["met"], told["left"], told["status"]) == (0, 1000, "OPEN")
    assert [each["stated"]["type"] for each in told["history"]] == [4, 10]
    early = broker("--dir", place, "kyoto", "notices", "--as-of", "2001-01-01", "--json")
    assert early.json["notices"] == []
    others = broker("--dir", place, "kyoto", "notices", "--party", "CHE", "--json")
    assert others.json["notices"] == []


def test_what_was_replaced_is_asked_for_where_nothing_was(place: Path) -> None:
    broker("--dir", place, "kyoto", "eligible", "GBR")
    ran = broker("--dir", place, "kyoto", "replacements", "--party", "GBR")
    assert "Nothing was to be replaced, and nothing was." in ran.stdout
    assert broker("--dir", place, "kyoto", "replacements", "--json").json == {"replacements": []}


def test_no_certificate_of_what_is_not_known_or_under_another_name(
    place: Path, tmp_path: Path
) -> None:
    broker("--dir", place, "kyoto", "eligible", "GBR")
    name = "018cc251-f400-7000-8000-000000000001"
    unknown = broker("--dir", place, "kyoto", "certificate", name, "--out", tmp_path / "a.pdf")
    assert unknown.exit_code == 1
    assert f"There is no transaction '{name}'" in unknown.stderr
    wrong = broker("--dir", place, "kyoto", "certificate", name, "--out", tmp_path / "a.txt")
    assert wrong.exit_code == 2
    assert "ends in .html or .pdf" in wrong.stderr
    assert list(tmp_path.glob("a.*")) == []


@pytest.mark.parametrize(
    ("tonnes", "fee"), [(14_999, "USD 0.00"), (15_000, "USD 1500.00"), (15_001, "USD 1500.20"), (9_999_999, "USD 350000.00")]
)  # fmt: skip
def test_the_registration_fee_is_said(place: Path, tonnes: int, fee: str) -> None:
    said = broker("--dir", place, "kyoto", "registration-fee", str(tonnes), "--on", "2010-01-01")
    assert f"{fee} are due." in said.stdout


def test_printed_account_numbers_are_verified(place: Path) -> None:
    right = broker("--dir", place, "kyoto", "account-number", "GB-210-10000013-1-70")
    assert "210 (net source cancellation)" in right.stdout
    assert right.exit_code == 0
    for wrong in ("GB-210-10000013-1-71", "GB-210-10000013-70", ""):
        refused = broker("--dir", place, "kyoto", "account-number", wrong, "--json")
        assert refused.exit_code in {1, 2}
        assert refused.json["error"]["reason"] == "IDENTIFIER_INVALID"
