# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A database server that is away is no wrong setting: a service manager has to try again."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path

import pytest

from deploy.demo.programs import BIN
from tests.unit.broker.cli.kit import broker, set_up

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


def test_a_broker_that_is_started_too_early_is_started_again(place: Path) -> None:
    """Before, it ended with the status of wrong settings, after which systemd left it down."""
    unit = Path("deploy/systemd/broker.service").read_text()
    assert NOT_AGAIN in unit
    assert FOR_LONG in unit, "or it is left alone after five starts, within half a minute"
    done = subprocess.run(
        [BIN / "broker", "--dir", place, "serve"], capture_output=True, timeout=60, check=False
    )
    line = json.loads(done.stderr.splitlines()[-1])
    assert (done.returncode, line["event"]) == (3, "not_served")
    assert line["reason"] == "DATABASE_UNREACHABLE"
    assert "Start the server there" in line["found"]


@pytest.mark.parametrize("command", ["holdings", "verify", "transactions"])
def test_a_command_that_cannot_read_says_the_same(place: Path, command: str) -> None:
    told = broker("--dir", place, "--json", command)
    assert told.exit_code == 3, told.stderr
    assert told.json["error"]["reason"] == "DATABASE_UNREACHABLE"
    assert "try again" in told.json["error"]["remedy"]
