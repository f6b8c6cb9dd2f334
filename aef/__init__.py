# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The agreed electronic format (4/CMA.6 annex II): read, written, checked; no ledger is needed."""
