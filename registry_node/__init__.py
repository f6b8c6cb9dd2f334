# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The registry node: a program that speaks for one or more registries."""

import itmo.runtime.rpc  # noqa: F401  # before gRPC: sets which TLS it takes
