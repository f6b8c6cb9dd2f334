# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The ledger invariants, each as a query that yields a sentence for every place it is broken.

They trust nothing that the command path derived: what can be computed from the record is computed
again and compared.
"""
