# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Several processes of one broker: workers hold the lines to nodes, one process decides."""
