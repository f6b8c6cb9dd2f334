# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The regime of the Kyoto Protocol: its rulebook and what ties it to the engine."""
