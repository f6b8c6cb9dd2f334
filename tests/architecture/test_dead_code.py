# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""No program has code that none of them uses; vulture looks for it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.architecture.sources import PROGRAMS, ROOT

FOUND = re.compile(r"^(.+?):\d+: unused (class|function|import|method|property) '(\w+)'")
"""Attributes and variables are left out: fields of rows and members of enums stand for what is
stored or written, whether or not a program names them."""
BEING_BUILT: tuple[str, ...] = ()
EXCLUDED = "*_pb2.py,*_pb2_grpc.py,*/versions/*,proto/docs/*"
USED = {
    "__exit__": "a statement `with` calls it",
    "GetAuthorization": "gRPC calls it by the name in the .proto file",
    "ListNodes": "the same",
    "WatchTransactions": "the same",
    "_shared_on_a_server": "pydantic calls it when settings are read",
    "connection_lost": "asyncio calls it on a protocol",
    "connection_made": "the same",
    "data_received": "the same",
    "early_messages": "tests and attacks look at how many wait",
    "event_schema": "importing it puts its tables into the schema",
    "generated_names": "a test compares it with the pages that are there",
    "intercept_service": "gRPC calls it on an interceptor",
    "lookup_schema": "importing it puts its tables into the schema",
    "pump_reports": "tests send reports at a moment of their own",
    "run_beside": "migrations run their SQL by it, and are not read here",
    "visit_INTEGER": "the library of statements calls it by the name of a type",
    "visit_TEXT": "the same",
    "visit_VARCHAR": "the same",
}
"""What is used in a way that vulture does not see, and how."""


def unused() -> dict[str, str]:
    pytest.importorskip("vulture", reason="an environment from before; deploy/environment.sh")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "vulture",
            *PROGRAMS,
            "deploy",
            "--exclude",
            EXCLUDED,
            "--ignore-decorators",
            # A command is found by its name: test_module_names sees that each one is where people look.
            "@compiles,@click.command,@click.group,@*.command,@*.group",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 3), done.stderr
    matches = (FOUND.match(line) for line in done.stdout.splitlines())
    return {
        each[3]: f"{each[1]}: {each[2]}"
        for each in matches
        if each and not each[1].startswith(BEING_BUILT)
    }


def test_nothing_is_there_that_no_program_uses() -> None:
    found = unused()
    assert {name: where for name, where in found.items() if name not in USED} == {}
    assert set(USED) - set(found) == set(), "these are used, or gone: take them out"
