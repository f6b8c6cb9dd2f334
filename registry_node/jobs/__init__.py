# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Many transactions out of one file: taken in whole, then proposed in batches, each once."""
