# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The readable statement of an authorization as one page of HTML.

The page stands alone: no script, no picture, no address that is loaded from elsewhere, and a policy
that forbids any. Whatever a Party wrote is escaped. It prints on A4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from itmo.authorization_letter import Version, heading, history, rows, signatures

_STYLE: Final = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #eef1f4; color: #1b2733;
  font: 16px/1.5 "Source Serif 4", Georgia, "Times New Roman", serif; }
main { max-width: 56rem; margin: 2rem auto; padding: 3rem 3.5rem; background: #fff;
  border-top: 6px solid #1f5c7a; box-shadow: 0 1px 6px rgba(20, 40, 60, .15); }
header { border-bottom: 1px solid #c9d3dc; padding-bottom: 1.2rem; margin-bottom: 1.6rem; }
.regime { margin: 0; color: #51636f; font: 600 .8rem/1.4 system-ui, sans-serif;
  letter-spacing: .06em; text-transform: uppercase; }
h1 { margin: .4rem 0 .6rem; font-size: 1.75rem; line-height: 1.2; font-weight: 600;
  overflow-wrap: anywhere; }
h2 { margin: 2.2rem 0 .6rem; font: 600 1.05rem/1.3 system-ui, sans-serif; color: #1f5c7a; }
.state { display: inline-block; margin: 0; padding: .15rem .7rem; border-radius: 1rem;
  font: 600 .82rem/1.5 system-ui, sans-serif; background: #e6ebef; color: #33434f; }
.state.in_effect { background: #dcefe2; color: #17603a; }
.state.refused, .state.revoked { background: #f7dfdc; color: #8c2318; }
.state.draft, .state.sent { background: #fbf0d0; color: #6d5200; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .5rem .8rem .5rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid #e4eaef; overflow-wrap: anywhere; }
th[scope=row] { width: 30%; font: 600 .9rem/1.6 system-ui, sans-serif; color: #33434f; }
thead th { font: 600 .8rem/1.5 system-ui, sans-serif; color: #51636f; }
.source { display: block; font: 400 .72rem/1.4 system-ui, sans-serif; color: #7b8a95; }
.line { margin: 0 0 .15rem; }
.code { font: .86rem/1.6 ui-monospace, "DejaVu Sans Mono", monospace; }
footer { margin-top: 2.4rem; padding-top: 1rem; border-top: 1px solid #c9d3dc;
  font: .8rem/1.5 system-ui, sans-serif; color: #51636f; }
@media print { body { background: #fff; } main { margin: 0; padding: 0; box-shadow: none;
  max-width: none; } tr { break-inside: avoid; } @page { size: A4; margin: 18mm; } }
@media (max-width: 40rem) { main { padding: 1.4rem; margin: 0; } }
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def page(version: Version, versions: Sequence[Version]) -> str:
    """The letter of a version, with the signatures under it and all versions below."""
    title = escape(heading(version))
    standing = escape(version.standing.lower().replace(" ", "_"))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<header>
<p class="regime">Paris Agreement, Article 6 &middot; Statement of authorization</p>
<h1>{title}</h1>
<p class="state {standing}">{escape(_worded(version.standing))}</p>
</header>
<table>
<tbody>
{_elements(version)}
</tbody>
</table>
<h2>Signatures</h2>
<table>
<tbody>
{_signatures(version)}
</tbody>
</table>
<h2>Versions</h2>
<table>
<thead><tr><th>Version</th><th>Date</th><th>State</th><th>What it changed</th></tr></thead>
<tbody>
{_history(versions)}
</tbody>
</table>
<footer>A version binds the units that were not yet first transferred when it took effect, unless
the terms, fixed beforehand, say otherwise. The signed statement and its receipt are what counts;
this page only shows them.</footer>
</main>
</body>
</html>
"""


def _worded(standing: str) -> str:
    return standing.replace("_", " ").capitalize()


def _elements(version: Version) -> str:
    return "\n".join(
        f'<tr><th scope="row">{escape(row.element.title)}'
        f'<span class="source">{escape(row.element.source)}</span></th>'
        f"<td>{_lines(row.lines)}</td></tr>"
        for row in rows(version.statement)
    )


def _lines(lines: Iterable[str]) -> str:
    return "".join(f'<p class="line">{escape(line)}</p>' for line in lines)


def _signatures(version: Version) -> str:
    return "\n".join(
        f'<tr><th scope="row">{escape(label)}</th><td class="code">{escape(said)}</td></tr>'
        for label, said in signatures(version)
    )


def _history(versions: Sequence[Version]) -> str:
    return "\n".join(
        f"<tr><td>{escape(number)}</td><td>{escape(date)}</td>"
        f"<td>{escape(_worded(standing))}</td><td>{escape(difference)}</td></tr>"
        for number, date, standing, difference in history(versions)
    )
