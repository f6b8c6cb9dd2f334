# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Verifies what the node stores: proofs by their signatures, books by the proofs."""
