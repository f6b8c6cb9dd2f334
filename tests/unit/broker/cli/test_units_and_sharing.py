# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker units` and `broker sharing`: where units are, and who shares how much."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker.cli import session
from broker.reports.paris.fates import Holder
from broker.reports.paris.timeline_file import make_anew
from broker.reports.paris.units_page import page
from broker.reports.paris.visibility import LEDGER, Source, Totals
from broker.reports.sharing import overdue
from itmo.core.v1 import sharing_pb2
from itmo.log_position import LogPosition
from tests.kit.sharing import NOTIFY, report, share, sharing_world
from tests.unit.broker.cli.kit import broker, lay, set_up
from tests.unit.broker.reports.paris.test_meta_registry import shared_world


@pytest.fixture
async def directory(tmp_path: Path) -> Path:
    made = set_up(tmp_path / "broker")
    world = await shared_world()
    lay(world, made)
    return made


async def test_where_units_are(directory: Path) -> None:
    ran = broker("--dir", directory, "units", "where", "--approach", "CA0003")
    assert ran.exit_code == 0, ran.stderr
    assert "100 050 units: 100 040 held, 10 used, 0 cancelled; 100 were first" in ran.stdout
    assert "10 are reported although somebody else holds them" in ran.stdout
    answer = broker("--dir", directory, "--json", "units", "where", "--approach", "CA000003").json
    assert answer["totals"]["issued"] == 100_050
    assert {each["registry"] for each in answer["holders"]} == {"THA01", "CHE01", "VUT01", "GHA01"}
    assert {each["source"]["reported_by"] for each in answer["units"]} == {"", "VUT01", "GHA01"}
    assert broker("--dir", directory, "units", "where", "--approach", "CA0009").exit_code == 1


async def test_where_units_are_as_a_page(directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "units.html"
    words = ("units", "where", "--approach", "CA0003", "--html", file)
    assert broker("--dir", directory, *words).exit_code == 0
    text = file.read_text(encoding="utf-8")
    assert "E-buses</span> in Bangkok" in text
    assert ">10</span> units are reported by a registry although somebody else" in text


async def test_the_history_of_a_unit(directory: Path) -> None:
    ran = broker("--dir", directory, "units", "history", "VUT01:45")
    assert ran.exit_code == 0, ran.stderr
    assert "reported by GHA01" in ran.stdout
    answer = broker("--dir", directory, "--json", "units", "history", "THA01:5").json
    assert [each["type"] for each in answer["actions"]] == ["ISSUANCE", "TRANSFER", "USE"]
    assert answer["positions"][0]["account_type"] == 200
    assert broker("--dir", directory, "units", "history", "THA01:100001").exit_code == 1
    assert broker("--dir", directory, "units", "history", "THA01:0").exit_code == 2


BEFORE_ALL = ("--as-of", "2023-06-30")
WHEN = [(), BEFORE_ALL, ("--as-of", "2024-12-31")]
SAID = {
    "history": ("units", "history", "THA01:5"),
    "where": ("units", "where", "--approach", "CA0003"),
}


@pytest.mark.parametrize("as_of", WHEN)
@pytest.mark.parametrize("said", SAID)
def test_the_answer_is_the_same_without_a_timeline(
    directory: Path, said: str, as_of: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--dir", directory, "--json", *SAID[said], *as_of)
    read = broker(*words)
    assert read.exit_code == 0
    assert not list(directory.glob("*.timeline")), "root may ask, and the file would be root's"
    file = Path(str(broker("--dir", directory, "timeline", "--json").json["file"]))
    assert broker(*words).json == read.json, "looked up"
    monkeypatch.setattr(session, "_is_near", lambda *_: False)
    assert broker(*words).json == read.json, "far behind"
    monkeypatch.undo()
    with closing(sqlite3.connect(file, isolation_level=None)) as made:
        made.execute("DELETE FROM touched")
        made.execute("DELETE FROM lived")
    asked = as_of != BEFORE_ALL and (said == "history" or bool(as_of))
    assert (broker(*words).json != read.json) == asked, "it was really asked"


def test_how_near_it_is_goes_by_transactions(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One decision may have completed a thousand, for which a command would wait."""
    words = ("--dir", directory, "--json", *SAID["history"])
    file = Path(str(broker("--dir", directory, "timeline", "--json").json["file"]))
    read = broker(*words).json
    with closing(sqlite3.connect(file, isolation_level=None)) as made:
        make_anew(made)
    with closing(sqlite3.connect(directory / "broker.sqlite")) as ledger:
        ((done, decisions),) = ledger.execute(
            "SELECT (SELECT count(*) FROM transaction_event WHERE event = 'COMPLETE'),"
            " (SELECT count(*) FROM log_leaf)"
        ).fetchall()
    assert 0 < done < decisions
    for most, read_on in ((done - 1, False), (done, True)):
        monkeypatch.setattr(session, "_NEAR", most)
        assert broker(*words).json == read
        with closing(sqlite3.connect(file)) as made:
            ((place,),) = made.execute("SELECT log_index FROM place").fetchall()
        assert (place >= 0) == read_on


def test_a_timeline_of_another_version_is_left_to_its_program(directory: Path) -> None:
    """Beside a broker of the version before, who only asks would empty it again and again."""
    words = ("--dir", directory, "--json", *SAID["history"])
    file = Path(str(broker("--dir", directory, "timeline", "--json").json["file"]))
    read = broker(*words).json
    with closing(sqlite3.connect(file, isolation_level=None)) as made:
        made.execute("PRAGMA user_version = 2")
        assert broker(*words).json == read
        assert made.execute("PRAGMA user_version").fetchone() == (2,)


async def test_who_shares_how_much(directory: Path) -> None:
    ran = broker("--dir", directory, "--json", "sharing")
    assert ran.exit_code == 1, "the reports are from 2023"
    views = {each["registry"]: each for each in ran.listed}
    assert (views["CHE01"]["level"], views["CHE01"]["stated"]) == ("TRANSACT", False)
    assert (views["VUT01"]["level"], views["VUT01"]["frequency"]) == ("NOTIFY", "DAILY")
    assert views["VUT01"]["overdue"]
    assert views["GHA01"]["open_findings"] == 1
    assert broker("--dir", directory, "sharing", "--registry", "CHE01").exit_code == 0
    found = broker("--dir", directory, "--json", "sharing", "--findings").listed
    assert [(each["code"], each["party"], each["other"]) for each in found] == [
        ("ID_ONE_ACCOUNT", "GHA", "THA01")
    ]


async def test_a_report_is_overdue_a_day_and_an_hour_after_the_last() -> None:
    world = await sharing_world(NOTIFY)
    vut = world.senders["vut"]
    start = world.clock.now()
    late = [each.registry for each in overdue(world.connection, start + timedelta(hours=25))]
    assert late == []
    await report(vut, "VUT01")
    at = world.clock.now() + timedelta(hours=25)
    assert "VUT01" not in [each.registry for each in overdue(world.connection, at)]
    after = at + timedelta(seconds=1)
    assert "VUT01" in [each.registry for each in overdue(world.connection, after)]
    await share(vut, "VUT01", NOTIFY, sharing_pb2.REPORT_FREQUENCY_YEARLY)
    assert "VUT01" not in [each.registry for each in overdue(world.connection, after)]
    world.connection.close()


def test_a_page_escapes_what_others_wrote() -> None:
    holder = Holder(registry="<b>", source=LEDGER, held=1, used=2, cancelled=3)
    told = Source("VUT01", datetime(2024, 1, 1, tzinfo=UTC))
    other = Holder(registry="VUT01", source=told, held=0, used=0, cancelled=0)
    totals = Totals(
        cooperative_approach="CA000003", issued=6, held=1, used=2, cancelled=3, first_transferred=0
    )
    at, place = datetime(2024, 1, 1, tzinfo=UTC), LogPosition(network="net", decisions=0)
    made = page("CA000003", "<script>alert(1)</script>", totals, [holder, other], 0, at, place)
    assert "<script" not in made
    assert "<b>" not in made.replace("<b>&lt;b&gt;</b>", "").replace("<b>VUT01</b>", "")
    assert "although somebody else" not in made
    assert "reported as of 2024-01-01 00:00:00Z" in made.replace('<span class="q">', "").replace(
        "</span>", ""
    )
    assert "No units exist" in page("CA000003", "", totals, [], 0, at, place)
