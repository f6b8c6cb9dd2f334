# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The node's database: one SQLite file, one thread, one transaction per trip."""
