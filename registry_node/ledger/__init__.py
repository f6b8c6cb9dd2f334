# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The node's own ledger, pure: which units its accounts hold, and what reserves them."""
