# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who imports whom: the contracts of pyproject.toml, and what they cannot say."""

from __future__ import annotations

import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.sources import (
    BIN,
    PROGRAMS,
    PROTO,
    ROOT,
    imports,
    module_of,
    modules,
    within,
)

SQL = ("alembic", "sqlalchemy", "sqlite3")
SQL_HOMES = (
    "broker.app",
    "broker.reports",
    "broker.serving",
    "broker.store",
    "broker.verifying",
    # Commands on the files of a broker that is not running, and what a damaged file raises.
    "broker.cli",
    # Measurements put brokers of their own together.
    "broker.bench",
    "itmo.runtime.db",
    "itmo.runtime.tasks",  # knows by their codes which errors of an engine pass
    # A node's use cases are functions of one database transaction.
    "registry_node.app",
    "registry_node.going_back",
    "registry_node.verifying",
    "registry_node.commands",
    "registry_node.inbox.apply",
    "registry_node.inbox.catalogues",
    "registry_node.inbox.directory",
    "registry_node.inbox.own_messages",
    "registry_node.inbox.pinning",
    "registry_node.inbox.receiver",
    "registry_node.jobs",
    "registry_node.inbox.record_watch",
    "registry_node.instructions",
    "registry_node.outbox.items",
    "registry_node.outcomes",
    "registry_node.paris.authorizations",
    "registry_node.store",
    "registry_node.work",
    # The runner reads the broker's ledger to compare it with what a scenario expects.
    "scenarios",
)
GRPC = ("grpc", "grpc_health", "grpc_reflection", "grpc_status")
GRPC_HOMES = (
    "broker.api",
    "broker.app",
    "broker.bench",
    "broker.cli",
    "broker.services",
    "itmo.runtime.rpc",
    "registry_node.paris.grpc_authorizations",
    "registry_node.paris.paris_service",
    "registry_node.adapters.grpc_link",
    "registry_node.adapters.grpc_meta",
    "registry_node.adapters.grpc_office",
    "registry_node.adapters.line",
    "registry_node.adapters.submit_stream",
    "registry_node.api",
    "registry_node.app",
    "registry_node.cli",
)
TERMINAL = ("rich",)
TERMINAL_HOMES = (
    "itmo.runtime.cli",
    "scenarios.report",  # a report of the runner's own, drawn on the terminal of all
)
SETTINGS = ("tomllib",)
SETTINGS_HOMES = (
    "broker.setting_up",  # reads what it is about to write
    "itmo.runtime.settings_file",
    "itmo.runtime.settings_text",
)
PURE = (
    "broker.adjustments", "broker.ledger", "broker.regime.paris.adjustments", "broker.rulebook",
    "registry_node.ledger",
)  # fmt: skip
GENERATED = tuple(
    f"itmo.{name}.v1" for name in ("core", "clearing", "registry", "errors", "kyoto", "paris")
)
ENGINES = (
    "broker.store.server_groups", "broker.store.sqlite_groups",
    "itmo.runtime.db.postgres", "itmo.runtime.db.server", "itmo.runtime.db.sqlite",
    "itmo.runtime.db.thread",
)  # fmt: skip


def contracts() -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return found


def test_contracts_are_kept() -> None:
    done = subprocess.run(
        [BIN / "lint-imports", "--config", ROOT / "pyproject.toml", "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{PROTO}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_contract_names_every_protocol_module() -> None:
    (contract,) = (each for each in contracts() if each["id"] == "protocol")
    present = {module_of(path) for path in (PROTO / "itmo").glob("*.py")} - {"itmo"}
    assert present == set(contract["source_modules"])


def test_the_contract_names_every_module_of_the_command_path() -> None:
    """What is not named does input and output: the queue, the door, the ports to the outside."""
    (contract,) = (each for each in contracts() if each["id"] == "judging")
    outside = {
        f"broker.clearing.{name}"
        for name in (
            "directory.operator",
            "path.admitted",
            "path.clerk",
            "path.deciding",
            "path.early",
            "path.house",
            "path.lanes",
            "path.noted",
            "path.port",
            "path.reading_apart",
            "path.rehearsing",
            "path.waiting_room",
            "path.watching",
        )
    }
    folder = ROOT / "broker" / "clearing"
    present = {module_of(path) for path in folder.rglob("*.py") if path.name != "__init__.py"}
    named = {name for name in contract["source_modules"] if within(name, ["broker.clearing"])}
    assert present - outside == named


def test_every_part_of_the_broker_has_its_layer() -> None:
    """Run as it stands, the contract refuses a part that is in no layer; this keeps it so."""
    (contract,) = (each for each in contracts() if each["id"] == "broker-layers")
    assert contract["exhaustive"] is True
    assert "exhaustive_ignores" not in contract
    assert "ignore_imports" not in contract
    assert not any("(" in layer for layer in contract["layers"]), "none is optional"


def test_a_regime_is_named_where_the_broker_is_put_together_and_in_views_of_its_own() -> None:
    """All else asks the regime that it is given, by `broker.regime.regime`."""
    homes = (
        "broker.app", "broker.cli", "broker.known_regimes", "broker.regime", "broker.reports.kyoto",
        "broker.reports.paris", "broker.services", "scenarios",
    )  # fmt: skip
    interface = (
        "broker.regime.postings", "broker.regime.refusals", "broker.regime.regime",
        "broker.regime.regimes", "broker.regime.stated", "broker.regime.statement",
    )  # fmt: skip
    strays = {
        module_of(path)
        for path in modules(*PROGRAMS)
        if not within(module_of(path), homes)
        for each in imports(path)
        if within(each, ["broker.regime"]) and each != "broker.regime"
        if not within(each, interface)
    }
    assert strays == set()


REGIMES = sorted(
    path.name for path in (ROOT / "broker/regime").iterdir() if (path / "__init__.py").exists()
)
ENGINE = (
    "broker.adjustments", "broker.api", "broker.clearing", "broker.ledger", "broker.log",
    "broker.mailbox", "broker.reports", "broker.store",
)  # fmt: skip


def test_the_contract_of_the_engine_knows_every_regime_and_every_general_report() -> None:
    """What they need of a regime they are given; its own reports use them, never they those."""
    (engine,) = (each for each in contracts() if each["id"] == "engine")
    homes = {
        f"broker.{part}.{name}"
        for part in ("regime", "reports", "rulebook")
        for name in REGIMES
        if (ROOT / "broker" / part / name / "__init__.py").exists()
    }
    assert homes <= set(engine["forbidden_modules"])
    sources = engine["source_modules"]
    missing = {module_of(path) for path in modules("broker") if within(module_of(path), ENGINE)}
    missing = {each for each in missing if not within(each, (*sources, *homes))}
    assert missing <= {"broker.reports"}


def test_the_engine_reads_no_message_of_a_regime() -> None:
    """Messages that every regime needs import those of each, so that no contract can say it."""
    named = [f"itmo.{name}" for name in REGIMES]
    own = [f"broker.reports.{name}" for name in REGIMES]
    strays = {
        module_of(path)
        for path in modules("broker")
        if within(module_of(path), ENGINE) and not within(module_of(path), own)
        if any(within(each, named) for each in imports(path))
    }
    assert strays == set()


@pytest.mark.parametrize(
    ("what", "homes"),
    [(SQL, SQL_HOMES), (GRPC, GRPC_HOMES), (TERMINAL, TERMINAL_HOMES), (SETTINGS, SETTINGS_HOMES)],
    ids=["sql", "grpc", "terminal", "settings"],
)
def test_foreign_packages_are_imported_in_their_homes_only(
    what: tuple[str, ...], homes: tuple[str, ...]
) -> None:
    strays = sorted(
        module_of(path)
        for path in modules(*PROGRAMS)
        if not within(module_of(path), homes) and any(within(each, what) for each in imports(path))
    )
    assert strays == []


def test_engines_are_named_where_programs_are_put_together_only() -> None:
    homes = (
        *ENGINES,
        "broker.app",
        "broker.bench",
        "broker.cli",
        "broker.recovering",
        "broker.serving",
        "broker.store.fence",
        "broker.store.engines",
        "broker.store.log_head",
        "broker.store.sqlite_groups",
        "broker.verifying",
        "broker.workers.process",
        "itmo.runtime.db",
        "registry_node.app",
        "registry_node.store.commit_head",
        "registry_node.store.database",
        "scenarios",
    )
    # The port that engines implement stands beside one of them.
    port = {"itmo.runtime.db.thread", "itmo.runtime.db.thread.Database"}
    strays = sorted(
        f"{module_of(path)}: {named}"
        for path in modules(*PROGRAMS)
        if not within(module_of(path), homes)
        for named in {each for each in imports(path) if within(each, ENGINES)} - port
    )
    assert strays == []


def test_pure_code_knows_no_generated_message() -> None:
    strays = sorted(
        module_of(path)
        for path in modules("broker", "registry_node")
        if within(module_of(path), PURE) and any(within(each, GENERATED) for each in imports(path))
    )
    assert strays == []


def test_proposals_of_a_node_build_messages_and_decide_without_them() -> None:
    """`building` makes protobuf messages, its purpose; `policy` is as pure as a ledger."""
    homes = {"registry_node.proposals.building"}
    users = {
        module_of(path)
        for path in modules("registry_node/proposals")
        if any(within(each, (*GENERATED, "google", "itmo.payloads")) for each in imports(path))
    }
    assert users <= homes


def test_there_is_no_package_file_in_the_import_root() -> None:
    assert not (PROTO / "__init__.py").exists()


def test_imports_are_absolute() -> None:
    relative = [str(path) for path in modules(*PROGRAMS) if _has_relative_import(path)]
    assert not relative


def _has_relative_import(path: Path) -> bool:
    return any(
        line.lstrip().startswith("from .") for line in path.read_text(encoding="utf-8").splitlines()
    )
