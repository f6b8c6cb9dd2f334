# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a regime serves besides the engine's services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import grpc

from broker.clearing.path.house import ClearingHouse


@dataclass(frozen=True, slots=True)
class RegimeServices:
    """gRPC services of a regime.

    Attributes:
        names: Their full names, for health and reflection.
        add: Adds them to a server, over a house.
    """

    names: tuple[str, ...]
    add: Callable[[grpc.aio.Server, ClearingHouse], None]
