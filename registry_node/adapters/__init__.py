# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Adapters: the broker over gRPC, and the registry system that this node stands beside."""
