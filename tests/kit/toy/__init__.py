# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The smallest regime: what suites about the engine run on beside Paris, and what engineers copy."""
