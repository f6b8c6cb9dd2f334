# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Attacks on a network of real processes while honest registries go on.

The broker and two nodes run as their operators run them; another honest pair signs by hand, one
transfer every tenth of a second, and every answer it got is remembered. An attack is a function
with a sentence: `messages` signs as an admitted node that turned hostile, `connections` speaks
HTTP/2 by hand, both in a process of their own at the lowest priority; `machine` is what happens to
the machine and to its operator. `play` plays one and says what did not hold; `catalogue` lists
them; `python -m tests.attacks` plays them in an order that follows from a seed.
"""

import itmo.runtime.rpc  # noqa: F401  # before gRPC: sets which TLS it takes
