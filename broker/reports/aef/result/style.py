# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The style of the page: readable on a screen of any width, and printed."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root { color-scheme: light; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --paper: #fff;
  --shade: #f6f8fa; --good: #0f5132; --good-bg: #e3f4e8; --bad: #8a1c1c; --bad-bg: #fdeaea;
  --open: #6b4d00; --open-bg: #fff4d6; --old: #57606a; --old-bg: #eef1f4; --link: #0a4f9e; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main, header, footer { max-width: 74rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
footer { padding-top: 2rem; padding-bottom: 3rem; color: var(--soft); font-size: .9rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .75rem; padding-top: .75rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1.1rem; margin: 1.75rem 0 .5rem; }
h4 { font-size: 1rem; margin: 1.25rem 0 .4rem; }
p { margin: .4rem 0; max-width: 60rem; }
a { color: var(--link); }
a:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.soft { color: var(--soft); }
.verdict { display: inline-block; margin: .75rem 0; padding: .5rem .9rem; border-radius: .4rem;
  font-weight: 600; border: 1px solid currentColor; }
.skip { position: absolute; left: -999rem; }
.skip:focus { position: static; }
nav ul { list-style: none; padding: 0; margin: .75rem 0; display: flex; flex-wrap: wrap;
  gap: .25rem 1.25rem; }
.CONSISTENT { color: var(--good); background: var(--good-bg); }
.INCONSISTENT { color: var(--bad); background: var(--bad-bg); }
.UNDETERMINED { color: var(--open); background: var(--open-bg); }
.SUPERSEDED, .LEFT_OUT { color: var(--old); background: var(--old-bg); }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
caption { text-align: left; padding: .5rem .6rem; color: var(--soft); }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; }
tr:last-child > * { border-bottom: 0; }
thead th { background: var(--shade); }
tbody th { font-weight: 500; }
.group th { background: var(--shade); font-weight: 600; }
.matrix td { white-space: nowrap; text-align: center; border-left: 1px solid var(--line); }
.matrix tbody th { min-width: 12rem; }
.matrix td a { color: inherit; }
.matrix tbody tr:not(.group) th { position: sticky; left: 0; background: var(--paper); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.tag { display: inline-block; padding: 0 .45rem; border-radius: .3rem; font-size: .85rem;
  font-weight: 600; white-space: nowrap; }
.finding { border: 1px solid var(--line); border-left-width: .35rem; border-radius: .4rem;
  padding: .5rem .9rem .7rem; margin: .6rem 0; background: var(--paper); color: var(--ink); }
.finding.is-INCONSISTENT { border-left-color: var(--bad); }
.finding.is-UNDETERMINED { border-left-color: #b58100; }
.finding p { margin: .25rem 0; }
.finding .what { font-weight: 600; overflow-wrap: anywhere; }
dl { margin: .4rem 0 0; display: grid; grid-template-columns: 8.5rem 1fr; gap: .15rem .75rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: .9em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
td, td code { overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  h1 { font-size: 1.35rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .35rem; }
  .matrix tbody th { min-width: 7rem; }
  .matrix .title { display: none; }
  .prose td { overflow-wrap: normal; }
  .files td { white-space: nowrap; }
  .prose td { min-width: 7rem; }
}
@media print {
  body { font-size: 10pt; }
  main, header, footer { max-width: none; padding: 0; }
  nav, .skip { display: none; }
  .wide { overflow: visible; border: 0; }
  .finding, tr { break-inside: avoid; }
  h2, h3, h4 { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
  thead { display: table-header-group; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
