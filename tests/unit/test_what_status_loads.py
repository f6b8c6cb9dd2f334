# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`status` is asked every few seconds by whoever watches a program: it loads itself, and little besides."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOREIGN = {
    "alembic", "aiosqlite", "asyncpg", "cryptography", "hypothesis", "jinja2", "mako",
    "openpyxl", "psycopg", "pydantic", "pygments", "rich", "sqlalchemy", "uvloop", "yaml",
}  # fmt: skip
"""Libraries of the programs that no answer about how one is doing needs."""
OURS = {
    "aef", "broker.app", "broker.api", "broker.clearing", "broker.rulebook", "broker.store", "office",
    "registry_node.app", "registry_node.service", "registry_node.store", "scenarios", "sef", "workbooks",
}  # fmt: skip
MOST = 500
"""Modules in all; the two programs load 466 and 475, most of them Python's own and gRPC's."""
RUN = """
import sys
from {program} import {group}
try:
    {group}.main({words!r}, prog_name="program")
except SystemExit as ended:
    assert ended.code == 3, ended.code
print(*sys.modules, sep="\\n", file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("program", "group", "settings"),
    [
        ("broker.cli", "root", 'network_id = "n"\ntest_network = true\n'),
        ("registry_node.cli", "main", "[node]\nid = 'n'\n"),
    ],
)
def test_status_loads_itself_and_little_besides(
    program: str, group: str, settings: str, tmp_path: Path
) -> None:
    name = "broker.toml" if program == "broker.cli" else "node.toml"
    (tmp_path / name).write_text(settings)
    run = RUN.format(
        program=program, group=group, words=["--dir", str(tmp_path), "status", "--json"]
    )
    done = subprocess.run([sys.executable, "-c", run], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    loaded = set(done.stderr.split())
    assert not {each for each in loaded if each.partition(".")[0] in FOREIGN}
    assert not {each for each in loaded if any(f"{each}.".startswith(f"{own}.") for own in OURS)}
    others = {
        each
        for each in loaded
        if each.startswith(f"{program}.") and each.rpartition(".")[2] not in NEEDED
    }
    assert not others, "modules of other commands"
    assert len(loaded) <= MOST, len(loaded)


NEEDED = {
    "failing", "main", "operator_link", "root", "session", "showing", "status", "status_database", "status_door",
    "status_timeline", "status_workers",
}  # fmt: skip
"""Modules of the command line that it is made of."""
