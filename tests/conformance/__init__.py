# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The conformance kit: speaks only gRPC to a broker or a node at a given address, ours or not."""
