# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A database server that is away is no wrong setting: a service manager has to try again."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from broker.store.engines import taken
from deploy.demo.programs import BIN
from tests.unit.broker.cli.kit import broker, set_up, where

pytestmark = pytest.mark.on_sqlite(
    "it is set up with a file, and its settings are then turned to a server"
)
NOT_AGAIN = "RestartPreventExitStatus=2"
FOR_LONG = "StartLimitIntervalSec=0"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A broker whose books are on a server of this machine where nobody listens."""
    made = set_up(tmp_path / "broker", "--listen", "127.0.0.1:0", "--public", "127.0.0.1:7443")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    file = made / "broker.toml"
    text = file.read_text()
    file.write_text(
        text.replace(
            'path = "broker.sqlite"', f'url = "postgresql://broker@127.0.0.1:{port}/clearing"'
        )
    )
    return made


def not_served(place: Path) -> dict[str, str]:
    """What the broker says last that could not start, and is to be started again."""
    done = subprocess.run(
        [BIN / "broker", "--dir", place, "serve"], capture_output=True, timeout=60, check=False
    )
    line: dict[str, str] = json.loads(done.stderr.splitlines()[-1])
    assert (done.returncode, line["event"]) == (3, "not_served")
    return line


@pytest.mark.slow
def test_a_broker_that_is_started_too_early_is_started_again(place: Path) -> None:
    """Before, it ended with the status of wrong settings, after which systemd left it down."""
    unit = Path("deploy/systemd/broker.service").read_text()
    assert NOT_AGAIN in unit
    assert FOR_LONG in unit, "or it is left alone after five starts, within half a minute"
    line = not_served(place)
    assert line["reason"] == "DATABASE_UNREACHABLE"
    assert "Start the server there" in line["found"]
    assert "?." not in line["found"]


@contextmanager
def server_of_a_broker(tmp_path: Path) -> Iterator[tuple[Any, Path]]:
    """A server, and the folder of a broker that was set up on it; the kit of servers needs the driver."""
    postgres = pytest.importorskip("tests.kit.postgres", reason="psycopg is not installed")
    if postgres.programs() is None:
        pytest.skip("no PostgreSQL here")
    with postgres.server() as here:
        yield (
            here,
            set_up(
                tmp_path / "broker",
                *("--listen", "127.0.0.1:0", "--public", "127.0.0.1:7443"),
                *("--database", here.fresh()),
            ),
        )


@pytest.mark.slow
def test_a_broker_that_is_stopped_while_its_server_is_away_ends_in_order(tmp_path: Path) -> None:
    """Before, the last line was `not_served`, with the status of a start that failed; a telling each second."""
    with server_of_a_broker(tmp_path) as (here, made):
        words = [str(BIN / "broker"), "--dir", str(made), "serve"]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as serving:
            assert serving.stderr is not None
            told = map(json.loads, serving.stderr)
            assert any(line["event"] == "serving" for line in told)
            here.kill()
            assert any(line["event"] == "database_unreachable" for line in told)
            serving.terminate()
            rest = list(told)
        assert serving.returncode == 0
    (left,) = [line for line in rest if line["event"] == "not_tidied"]
    assert "the time of the clock" in left["left"]
    assert rest[-1]["event"] == "stopped"


@pytest.mark.slow
def test_a_broker_that_finds_another_ones_session_is_started_again(tmp_path: Path) -> None:
    """That of a broker whose machine was lost ends by itself, and a start within a restart finds its own."""
    with server_of_a_broker(tmp_path) as (_, made):
        assert "\nshared = false\n" in (made / "broker.toml").read_text()
        with closing(where(made).open_writer()) as other:
            taken(other)
            line = not_served(made)
    assert line["reason"] == "DATABASE_UNREACHABLE"
    assert "in use by another broker" in line["found"]


@pytest.mark.parametrize("command", ["holdings", "verify", "transactions"])
def test_a_command_that_cannot_read_says_the_same(place: Path, command: str) -> None:
    told = broker("--dir", place, "--json", command)
    assert told.exit_code == 3, told.stderr
    assert told.json["error"]["reason"] == "DATABASE_UNREACHABLE"
    assert "try again" in told.json["error"]["remedy"]
