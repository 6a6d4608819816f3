//! What all pages share.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = "
:root { color-scheme: light; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; margin-bottom: 0; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid #ddd; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
tr.fails td { background: #fdecea; } tr.worst td { font-weight: 600; }
.watermark { border: 1px solid #b58900; background: #fff8e1; padding: .4rem .7rem; }
.legend span { margin-right: 1.2rem; white-space: nowrap; } .legend svg { width: 2.2rem; height: .7rem; }
code { font-size: .85em; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: #444; }
svg text.row { font-size: 12px; } .grid { stroke: #e4e4e4; } .level { stroke: #b00020; stroke-dasharray: 2 3; }
.attack { fill: #b00020; } .act { fill: #0059b3; } .fault { fill: #000; } .alarm { stroke: #b58900; stroke-width: 2; }
.interval { stroke: #0059b3; stroke-width: 2; }
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
            body { (body) }
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
