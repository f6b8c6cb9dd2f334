# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What ends at the broker is told 60, 30 and 7 days before, and when it has come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from broker.expiries import BrokerExpiries
from broker.serving import open_books
from broker.settings import load_settings
from itmo.clock import FakeClock
from itmo.expiry import Nearness, Thing
from itmo.files import read_plain_file
from itmo.identifiers import NodeId
from itmo.runtime.cli import standing_shown
from itmo.runtime.db.thread import InlineDatabase
from itmo.validity import Validity, certificates_of, of_certificate
from tests.unit.broker.cli.kit import broker, join_request, set_up

DAY = timedelta(days=1)


@dataclass
class Watched:
    """A broker's files and books, with one node, and a clock that is moved."""

    clock: FakeClock
    expiries: BrokerExpiries
    certificates: dict[NodeId, Validity]

    async def near(self) -> dict[tuple[str, str], Nearness]:
        return {
            (each.thing.value, each.owner): each.nearness
            for each in await self.expiries.find()
            if each.nearness is not Nearness.FAR
        }


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    place = set_up(tmp_path / "b")
    admitted = broker(
        "--dir", place, "admit", join_request(tmp_path), "--yes", "--out", tmp_path / "che.json"
    )
    assert admitted.exit_code == 0, admitted.stderr
    settings = load_settings(place / "broker.toml", {})
    parts, connection = open_books(settings)
    clock = FakeClock(parts.clock.now())
    pem = read_plain_file(place / "tls" / "broker.pem")
    certificates = {NodeId("che"): of_certificate("shown", certificates_of(pem, "")[0])}
    with closing(connection):
        yield Watched(
            clock,
            BrokerExpiries(
                settings, lambda: replace(parts, clock=clock), InlineDatabase(connection),
                lambda: certificates,
            ),
            certificates,
        )  # fmt: skip


async def test_everything_with_an_end_is_known(watched: Watched) -> None:
    found = {(each.thing, each.owner, each.own) for each in await watched.expiries.find()}
    assert found == {
        (Thing.TLS_CERTIFICATE, "broker", True),
        (Thing.TLS_AUTHORITY, "test-net", True),
        (Thing.SIGNING_KEY, "broker", True),
        (Thing.OPERATOR_KEY, "operator", True),
        (Thing.SIGNING_KEY, "che", False),
        (Thing.TLS_CERTIFICATE, "che", False),
    }
    assert await watched.near() == {}


async def test_a_certificate_is_told_in_steps(watched: Watched) -> None:
    passed = 0
    for days, expected in (
        (304, None), (306, Nearness.WITHIN_60_DAYS), (336, Nearness.WITHIN_30_DAYS),
        (359, Nearness.WITHIN_7_DAYS), (366, Nearness.ENDED),
    ):  # fmt: skip
        watched.clock.advance((days - passed) * DAY)
        passed = days
        assert (await watched.near()).get(("TLS_CERTIFICATE", "broker")) is expected, days


async def test_a_year_and_ten_years_tell_every_key(watched: Watched) -> None:
    watched.clock.advance(700 * DAY)
    near = await watched.near()
    assert near["SIGNING_KEY", "che"] is Nearness.WITHIN_30_DAYS
    assert ("SIGNING_KEY", "broker") not in near
    watched.clock.advance(2900 * DAY)
    near = await watched.near()
    assert near["SIGNING_KEY", "broker"] is Nearness.WITHIN_60_DAYS
    assert near["OPERATOR_KEY", "operator"] is Nearness.WITHIN_60_DAYS
    assert near["TLS_AUTHORITY", "test-net"] is Nearness.WITHIN_60_DAYS


async def test_the_log_tells_each_step_once_and_then_daily(watched: Watched) -> None:
    async def told() -> list[tuple[str, str]]:
        structlog.reset_defaults()  # the command line logs errors only
        with capture_logs() as logs:
            await watched.expiries.tell()
            await watched.expiries.tell()
        return [(each["event"], each["nearness"]) for each in logs if each["owner"] == "broker"]

    assert await told() == []
    watched.clock.advance(310 * DAY)
    assert await told() == [("ends_soon", "WITHIN_60_DAYS")]
    assert await told() == []
    watched.clock.advance(DAY)
    assert await told() == [("ends_soon", "WITHIN_60_DAYS")]
    watched.clock.advance(60 * DAY)
    assert await told() == [("ended", "ENDED")]


async def test_others_are_told_and_do_not_count(watched: Watched) -> None:
    watched.clock.advance(310 * DAY)
    standing = await watched.expiries.standing()
    said = standing_shown.warnings(standing, watched.clock.now())
    assert any("TLS certificate of broker" in each and "Renew it" in each for each in said)
    assert any("TLS certificate of che" in each and "Its own operator" in each for each in said)
    assert standing_shown.ends(standing)
    assert not standing_shown.ended(standing)
    for each in standing.expiries:
        if each.owner == "broker":
            each.nearness = "FAR"
    assert not standing_shown.ends(standing)


async def test_figures_name_every_end(watched: Watched) -> None:
    text = standing_shown.metrics("itmo_broker", await watched.expiries.standing(), [])
    assert 'itmo_broker_expiry_time_seconds{thing="TLS_CERTIFICATE",owner="broker"' in text
    assert text.count("itmo_broker_expiry_time_seconds{") == 6
    assert text.endswith("# EOF")
