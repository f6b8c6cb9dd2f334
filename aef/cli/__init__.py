# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What commands on AEFs are made of, whichever program has them: their options, work and words."""
