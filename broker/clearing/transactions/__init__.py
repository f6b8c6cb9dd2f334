# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of transactions: proposed, answered, settled, timed out, reversed."""
