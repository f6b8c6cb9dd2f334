# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The manifests for Kubernetes hold against its own schemas, and what they name fits together."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from broker.settings import BrokerSettings

FILE = Path(__file__).parents[2] / "deploy" / "kubernetes" / "broker.yaml"
VERSIONS = ("1.31.0", "1.33.0")
KINDS = {
    "ConfigMap", "NetworkPolicy", "PodDisruptionBudget", "Service", "ServiceAccount", "StatefulSet",
}  # fmt: skip


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(FILE.read_text(encoding="utf-8")))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_valid(version: str) -> None:
    validator = pytest.importorskip(
        "kubernetes_validate", reason="pip install --group availability"
    )
    for each in manifests():
        validator.validate(each, version, strict=True)
    wrong = manifests()[0] | {"metadata": {"nam": "broker"}}
    with pytest.raises(validator.ValidationError):
        validator.validate(wrong, version, strict=True)


def test_there_is_what_a_broker_needs() -> None:
    assert {each["kind"] for each in manifests()} == KINDS


def test_all_select_the_pods_of_the_brokers() -> None:
    by_kind = {each["kind"]: each for each in manifests()}
    pods = by_kind["StatefulSet"]["spec"]["template"]["metadata"]["labels"]
    assert by_kind["StatefulSet"]["spec"]["selector"]["matchLabels"] == pods
    assert by_kind["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == pods
    assert by_kind["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == pods
    for each in manifests():
        if each["kind"] == "Service":
            assert each["spec"]["selector"] == pods


def test_the_settings_are_those_of_a_broker() -> None:
    (config,) = (each for each in manifests() if each["kind"] == "ConfigMap")
    tree = tomllib.loads(config["data"]["broker.toml"])
    tree["database"]["url"] = "postgresql://itmo@pg1.example/itmo"  # comes from a secret
    settings = BrokerSettings.model_validate(tree)
    assert settings.database.shared


def test_the_socket_lies_where_the_broker_takes_it(tmp_path: Path) -> None:
    """Before, it lay in the volume itself, which is open to all, and no broker of these manifests started."""
    (config,) = (each for each in manifests() if each["kind"] == "ConfigMap")
    socket = tomllib.loads(config["data"]["broker.toml"])["server"]["operator_socket"]
    (brokers,) = (each for each in manifests() if each["kind"] == "StatefulSet")
    spec = brokers["spec"]["template"]["spec"]
    (first,) = spec["initContainers"]
    places = [each["mountPath"] for each in first["volumeMounts"]]
    for place in places:  # as Kubernetes makes them for a group
        (tmp_path / place[1:]).mkdir(parents=True)
        (tmp_path / place[1:]).chmod(0o2777)
    for name in ("tls/ca.pem", "signers/message.pem"):
        (tmp_path / "secret" / name).touch()
    (tmp_path / "config" / "broker.toml").touch()
    (line,) = first["args"]
    for place in places:
        line = re.sub(rf"(?<=\s){place}(?=/|\s|$)", f"{tmp_path}{place}", line)
    subprocess.run([*first["command"], line], check=True)
    folder = tmp_path / socket[1:]
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    keys = list((tmp_path / "run").rglob("*.pem"))
    assert {each.stat().st_mode & 0o777 for each in keys} == {0o600}


def test_volumes_that_are_mounted_are_there() -> None:
    (brokers,) = (each for each in manifests() if each["kind"] == "StatefulSet")
    spec = brokers["spec"]["template"]["spec"]
    there = {each["name"] for each in spec["volumes"]}
    there |= {each["metadata"]["name"] for each in brokers["spec"]["volumeClaimTemplates"]}
    for container in (*spec["initContainers"], *spec["containers"]):
        assert {each["name"] for each in container["volumeMounts"]} <= there
        assert container["securityContext"]["readOnlyRootFilesystem"]
