# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of the node: `node.toml`, then environment variables `ITMO_NODE_*`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from itmo.clock import from_text
from itmo.ed25519 import key_id
from itmo.identifiers import (
    NetworkId,
    NodeId,
    RegistryId,
    parse_network_id,
    parse_node_id,
    parse_registry_id,
)
from itmo.keys import KeyPurpose, PublicKey
from itmo.node_kinds import NodeKind
from itmo.runtime.observe import LogFormat
from itmo.runtime.settings_file import expected_by
from registry_node.identity import Identity
from registry_node.inbox.mode import DeliveryMode
from registry_node.proposals.policy import AcceptancePolicy, Mode
from registry_node.reconciling import Frequency
from registry_node.settings_file import FILE, OPERATOR_SOCKET


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


NodeName = Annotated[str, AfterValidator(expected_by(partial(parse_node_id, where="node")))]
NetworkName = Annotated[
    str, AfterValidator(expected_by(partial(parse_network_id, where="network")))
]
RegistryName = Annotated[
    str, AfterValidator(expected_by(partial(parse_registry_id, where="registry")))
]
Hours = Annotated[int, Field(ge=1, le=366 * 24)]
"""From once an hour to once a year, the floor of 2/CMA.3 annex para 20."""
Moment = Annotated[str, AfterValidator(expected_by(from_text))]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class NodeSection(_Section):
    """Who the node is and where it keeps things."""

    id: NodeName
    kind: Annotated[NodeKind, BeforeValidator(_upper)]
    registries: tuple[RegistryName, ...] = ()
    programmes: tuple[str, ...] = ()
    network_id: NetworkName
    test_network: bool = False
    signer: str
    data_dir: Path = Path("data")
    operator_socket: Path = Path(OPERATOR_SOCKET)
    log_format: LogFormat = LogFormat.AUTO


class BrokerKey(_Section):
    """A pinned key of the broker."""

    public_key: str = Field(pattern=r"^[0-9a-f]{64}$")
    not_before: Moment
    not_after: Moment
    purpose: Annotated[KeyPurpose, BeforeValidator(_upper)] = KeyPurpose.SIGN_RECEIPT


class BrokerSection(_Section):
    """The clearing-house."""

    node: NodeName
    address: str = Field(pattern=r"^[^\s/]+:[0-9]{1,5}$")
    server_name: str | None = None
    delivery: Annotated[DeliveryMode, BeforeValidator(_upper)] = DeliveryMode.STREAM
    keys: tuple[BrokerKey, ...] = Field(min_length=1)


class TlsSection(_Section):
    """Files of the connection."""

    ca: Path
    certificate: Path
    key: Path


class AcceptanceSection(_Section):
    """What may be accepted without a person."""

    mode: Annotated[Mode, BeforeValidator(_upper)] = Mode.MANUAL
    trusted_registries: tuple[RegistryName, ...] = ()
    maximum_quantity: int | None = Field(default=None, ge=1, le=2**63 - 2)


class SharingSection(_Section):
    """Reports of registries that do not take part in full.

    Attributes:
        books: File with the holdings and actions of an existing registry system, CSV or JSON; left
            out: the node's own ledger. One node, one file: rows name their registry.
    """

    books: Path | None = None


class ReconciliationSection(_Section):
    """How often the books of the registries are compared with the record, besides after each start.

    Attributes:
        every_hours: As a rule: daily.
        registries: Hours of those that chose otherwise.
    """

    every_hours: Hours = 24
    registries: dict[RegistryName, Hours] = Field(default_factory=dict)


class Settings(_Section):
    """Everything that can be set."""

    node: NodeSection
    broker: BrokerSection
    tls: TlsSection
    acceptance: AcceptanceSection = AcceptanceSection()
    sharing: SharingSection = SharingSection()
    reconciliation: ReconciliationSection = ReconciliationSection()

    def identity(self) -> Identity:
        """Who the node is."""
        return Identity(
            node=NodeId(self.node.id),
            kind=self.node.kind,
            registries=tuple(RegistryId(registry) for registry in self.node.registries),
            network_id=NetworkId(self.node.network_id),
            test_network=self.node.test_network,
            broker_node=NodeId(self.broker.node),
            programmes=self.node.programmes,
        )

    def broker_keys(self) -> tuple[PublicKey, ...]:
        """The pinned keys of the broker."""
        return tuple(
            PublicKey(
                keyid=key_id(bytes.fromhex(key.public_key)),
                node=NodeId(self.broker.node),
                purpose=key.purpose,
                raw=bytes.fromhex(key.public_key),
                not_before=_time(key.not_before),
                not_after=_time(key.not_after),
            )
            for key in self.broker.keys
        )

    def frequency(self) -> Frequency:
        """How often books are compared."""
        chosen = self.reconciliation
        return Frequency(
            timedelta(hours=chosen.every_hours),
            {name: timedelta(hours=hours) for name, hours in chosen.registries.items()},
        )

    def policy(self) -> AcceptancePolicy:
        """What may be accepted without a person."""
        return AcceptancePolicy(
            mode=self.acceptance.mode,
            trusted_registries=frozenset(self.acceptance.trusted_registries),
            maximum_quantity=self.acceptance.maximum_quantity,
        )


def _time(text: str) -> datetime:
    return from_text(text, "time")


def load(folder: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Reads node.toml in a folder.

    Raises:
        ProtocolError: CONFIGURATION_INVALID with file, key and what to do.
    """
    return FILE.load(Settings, folder, os.environ if environment is None else environment)


def settings_of(text: str, folder: Path) -> Settings:
    """Reads what will be the node.toml of a folder.

    Raises:
        ProtocolError: as `load`.
    """
    return FILE.load(Settings, folder, os.environ, text)
