# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What registry nodes are, by name and by number."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from itmo.core.v1 import statements_pb2


class NodeKind(StrEnum):
    """What a registry node is."""

    NATIONAL = "NATIONAL"
    INTERNATIONAL = "INTERNATIONAL"
    MECHANISM = "MECHANISM"
    PROGRAMME = "PROGRAMME"


NODE_KINDS: Final[Mapping[statements_pb2.NodeKind.ValueType, NodeKind]] = MappingProxyType(
    {statements_pb2.NodeKind.Value(f"NODE_KIND_{kind}"): kind for kind in NodeKind}
)
"""Kinds of nodes by their numbers in messages; the operator is none that could join."""
