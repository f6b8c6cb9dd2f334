# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker: the clearing-house that checks, decides, books and proves."""

import itmo.runtime.rpc  # noqa: F401  # before gRPC: sets which TLS it takes

__version__ = "0.1.0"
