# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The transparency log: every decision is a leaf of a Merkle tree (RFC 6962)."""
