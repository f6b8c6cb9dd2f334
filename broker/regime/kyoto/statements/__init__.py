# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is stated of the Kyoto Protocol, a file for each kind."""
