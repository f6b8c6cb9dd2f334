# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Standard electronic format (SEF): how Parties report their Kyoto units, read, written and checked."""
