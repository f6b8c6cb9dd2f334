# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One group of decisions: what it may know, what it says, what it writes."""
