//! What all pages share.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = "
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif;
  --ink: #1a1a1a; --paper: #fff; --axis: #444; --line: #ddd; --grid: #e4e4e4; --warn: #fff8e1; --warn-line: #b58900;
  --bad: #fdecea; --red: #b00020; --blue: #0059b3; --black: #000; }
@media screen and (prefers-color-scheme: dark) { :root {
  --ink: #e6e6e6; --paper: #16181c; --axis: #b4b8c0; --line: #3a3f47; --grid: #2b2f36; --warn: #33290a; --warn-line: #b58900;
  --bad: #4a1c1c; --red: #ff6b7d; --blue: #6cb2ff; --black: #fff; }
  [stroke='#000000'] { stroke: #fff; } [stroke='#0072b2'] { stroke: #3aa0e0; } [fill='#0072b2'] { fill: #3aa0e0; } }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; margin-bottom: 0; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
tr.fails td { background: var(--bad); } tr.worst td { font-weight: 600; }
.watermark { border: 1px solid var(--warn-line); background: var(--warn); padding: .4rem .7rem; }
.headline { border-left: 4px solid var(--blue); padding: .2rem .8rem; font-size: 1.05rem; }
.legend span { margin-right: 1.2rem; white-space: nowrap; } .legend svg { width: 2.2rem; height: .7rem; }
code { font-size: .85em; overflow-wrap: anywhere; }
pre { font-size: .8rem; overflow-x: auto; border: 1px solid var(--line); padding: .5rem .7rem; white-space: pre-wrap; }
svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: var(--axis); }
svg text.row { font-size: 12px; } .grid { stroke: var(--grid); } .zero { stroke: var(--axis); } .level { stroke: var(--red); stroke-dasharray: 2 3; }
.attack { fill: var(--red); } .act { fill: var(--blue); } .fault { fill: var(--black); } .alarm { stroke: var(--warn-line); stroke-width: 2; }
.interval { stroke: var(--blue); stroke-width: 2; }
@media print { body { margin: 0; max-width: none; font-size: 12px; } table { font-size: 10px; } h2 { break-after: avoid; } svg, tr { break-inside: avoid; } }
";

/// A page.
pub(super) fn page(title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    }
}

/// A table with a header; the columns from `numbers` on are numbers.
pub(super) fn table(header: &[&str], numbers: usize, rows: &[Vec<String>]) -> Markup {
    let class = |at: usize| (at >= numbers).then_some("n");
    html! {
        table {
            thead { tr { @for (at, cell) in header.iter().enumerate() { th class=[class(at)] { (cell) } } } }
            tbody { @for row in rows { tr {
                @for (at, cell) in row.iter().enumerate() { td class=[class(at)] { (cell) } }
            } } }
        }
    }
}
