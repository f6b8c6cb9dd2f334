# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import configparser
import importlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from aef.syntax_codes import Code
from broker.cli import root as broker_program
from broker.regime.kyoto.regime import KYOTO
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.reported import REMARKS
from broker.rulebook.general.sharing import ReportFrequency, SharingLevel
from broker.rulebook.paris.attributes import UnitType
from broker.rulebook.paris.catalogue import CHECKS
from broker.setting_up import settings_text
from broker.settings import load_settings
from itmo.identifiers import NetworkId, NodeId
from itmo.lifecycle import State
from itmo.parties import ALPHA2
from itmo.reasons import Reason
from itmo.runtime.cli.contract import INTERRUPTED, NOT_CONFIRMED, USAGE
from registry_node.cli import main as node_program
from registry_node.paris.authorizations import Standing
from registry_node.settings import load as load_node
from tests.architecture.documents import figures_told

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
DOCKERFILES = sorted((DEPLOY / "docker").glob("*.Dockerfile"))
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text())
LICENCE = "SPDX-License-Identifier: Apache-2.0"

COMMANDS = {
    "broker": {*broker_program.commands, *broker_program.plugins()},
    "registry-node": {*node_program.commands, *node_program.plugins()},
}
HARDENING = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectControlGroups": "yes",
    "ProtectProc": "invisible",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
    "StateDirectoryMode": "0700",
}


def instructions(dockerfile: Path) -> list[list[str]]:
    text = dockerfile.read_text().replace("\\\n", " ")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def test_there_is_something_to_test() -> None:
    assert [path.name for path in DOCKERFILES] == ["broker.Dockerfile", "registry_node.Dockerfile"]
    assert [path.name for path in UNITS] == ["broker.service", "registry-node@.service"]


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_what_a_dockerfile_copies_is_there(dockerfile: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for words in instructions(dockerfile):
        if words[0] != "COPY" or words[1].startswith("--from="):
            continue
        for source in words[1:-1]:
            # The file that the package names as its description; its absence fails the build.
            assert (ROOT / source).exists() or source == project["readme"], source


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_an_image_runs_as_nobody_in_particular_and_reports_its_health(dockerfile: Path) -> None:
    found = {words[0]: words[1:] for words in instructions(dockerfile)}
    assert found["USER"] == ["10001:10001"]
    assert found["VOLUME"] == ["/var/lib/itmo"]
    assert found["STOPSIGNAL"] == ["SIGTERM"]
    program = json.loads(" ".join(found["ENTRYPOINT"]))[0]
    assert program in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    health = " ".join(found["HEALTHCHECK"])
    assert json.loads(health[health.index("[") :])[:2] == [program, "status"]
    assert json.loads(" ".join(found["CMD"]))[0] == "serve"
    assert (dockerfile.parent / f"{dockerfile.name}.dockerignore").read_text().count("**/*.key")


def test_compose_runs_a_broker_and_two_nodes_hardened() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"broker", "che-registry", "tha-registry"}
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert int(service["stop_grace_period"].removesuffix("s")) > 30
        build = service["build"]
        context = (DEPLOY / "docker" / build["context"]).resolve()
        assert context == ROOT
        assert context / build["dockerfile"] in DOCKERFILES
        for volume in service["volumes"]:
            name, _, target = volume.partition(":")
            assert name in COMPOSE["volumes"]
            assert target == "/var/lib/itmo"
        assert all(network in COMPOSE["networks"] for network in service["networks"])
    assert "ports" not in services["che-registry"]
    assert services["broker"]["ports"] == ["127.0.0.1:7443:7443"]


def test_variables_of_compose_are_settings(tmp_path: Path) -> None:
    example = (DEPLOY / "config" / "broker.example.toml").read_text()
    (tmp_path / "broker.toml").write_text(example)
    environment = COMPOSE["services"]["broker"]["environment"]
    assert load_settings(tmp_path / "broker.toml", {}).log.format != "json"
    assert load_settings(tmp_path / "broker.toml", environment).log.format == "json"
    shutil.copy(DEPLOY / "config" / "node.example.toml", tmp_path / "node.toml")
    environment = COMPOSE["services"]["tha-registry"]["environment"]
    assert load_node(tmp_path, {}).node.log_format != "json"
    assert load_node(tmp_path, environment).node.log_format == "json"


class Unit(configparser.RawConfigParser):
    """A unit file, of which every key counts as written; the last of several wins."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False)
        self.read(path)

    def optionxform(self, optionstr: str) -> str:
        return optionstr


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_hardened(path: Path) -> None:
    service = Unit(path)["Service"]
    assert {key: service.get(key) for key in HARDENING} == HARDENING
    assert "@system-service" in path.read_text()
    assert int(service["TimeoutStopSec"]) > 30
    assert service["User"] not in ("root", "")
    assert service["StateDirectory"] in service["ExecStart"]
    name, value = service["Environment"].split("=")
    assert value == "json"
    assert name.startswith(("ITMO_BROKER_", "ITMO_NODE_"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_understands_a_unit(path: Path, tmp_path: Path) -> None:
    # The program is not installed here; any executable stands in for it.
    text = re.sub(r"/opt/itmo/bin/[a-z-]+", sys.executable, path.read_text())
    copy = tmp_path / path.name.replace("@", "@che-registry")
    copy.write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if copy.name in line]
    assert not complaints


def test_the_example_of_the_broker_is_what_init_writes(tmp_path: Path) -> None:
    text = (DEPLOY / "config" / "broker.example.toml").read_text()
    listen, public = "0.0.0.0:7443", "broker.example:7443"
    network, node = NetworkId("itmo-test"), NodeId("broker")
    assert text.endswith(settings_text(network, node, listen, public, test_network=True))
    (tmp_path / "broker.toml").write_text(text)
    assert load_settings(tmp_path / "broker.toml", {}).test_network


def test_the_example_of_a_node_loads(tmp_path: Path) -> None:
    if importlib.util.find_spec("registry_node.settings") is None:
        pytest.skip("the settings of the node are not there yet")
    settings = importlib.import_module("registry_node.settings")
    (tmp_path / "node.toml").write_text((DEPLOY / "config" / "node.example.toml").read_text())
    loaded = settings.load(tmp_path, COMPOSE["services"]["che-registry"]["environment"])
    assert loaded.identity().node == "che-registry"
    assert loaded.broker_keys()


def documents() -> list[Path]:
    return [*sorted((DEPLOY / "docs").glob("*.md")), ROOT / "SECURITY.md"]


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_documents_use_commands_that_exist(document: Path) -> None:
    text = document.read_text()
    for program, commands in COMMANDS.items():
        place = r"(?:--dir \S+ )?"  # an option of the program stands before its command
        shown = re.findall(
            rf"(?:`|^    |exec broker ){program} {place}([a-z-]+)", text, re.MULTILINE
        )
        assert set(shown) <= commands
    for path in re.findall(r"\bdeploy/[a-z/_.@-]*[a-z]", text):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_documents_name_reasons_that_exist(document: Path) -> None:
    known = {*Reason, "RESERVE", "RELEASE", "DEBIT", "CREDIT", "NOT_SERVING", "CONNECT", "VACUUM"}
    known |= {"CANCELLED", "FIRST_TRANSFERRED", USAGE, NOT_CONFIRMED, INTERRUPTED}
    known |= {*ALPHA2, "TBD"}  # what cells of real files say
    known |= {"AAU", "RMU", "ERU", "CER", "JI", "CDM", "XCD", "ADAPTATION_FUND"}  # of Kyoto
    known |= {"MISSING", "SURPLUS", "ACCOUNT", "CONTENT"}  # how books differ
    known |= {"NAMED", "REPLACED", *(rule.id for rule in KYOTO.checks)}  # the same
    known |= {"ALL_REGIMES", "FIRST_MOVE"}  # of the example in regimes.md
    known |= {*TransactionType, *State, "FAULT", "STOPPED", "WAITING"}  # in archives and results
    known |= {"ITMO_BROKER_DATABASE"}
    known |= {name for mark in ("how soon", "one node") for _, name in figures_told(mark)}
    known |= {"TERMINATED", "TIMED_OUT", "MESSAGE_STATE_PENDING", "MANUAL", "AUTOMATIC", "POLL"}
    known |= {*Code, *Standing, "TH", "THA", "NA", "GRPC_SSL_CIPHER_SUITES"}
    known |= (
        {check.id for check in CHECKS}
        | REMARKS
        | {*SharingLevel, *ReportFrequency, *UnitType, "GHG"}
    )
    shown = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)*)`", document.read_text()))
    assert shown <= known


def everything() -> list[Path]:
    return [
        *DOCKERFILES,
        *UNITS,
        DEPLOY / "docker" / "compose.yaml",
        *sorted((DEPLOY / "config").glob("*.toml")),
    ]


@pytest.mark.parametrize("path", everything(), ids=lambda path: path.name)
def test_every_file_says_its_licence(path: Path) -> None:
    assert LICENCE in path.read_text()
