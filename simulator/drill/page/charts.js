// The curves, drawn by Plotly in the colours of the page.
//
// They are pictures: what they show stands in words beside them, and they take no focus.

import { byId } from "./words.js";

const CONFIG = { staticPlot: true, displayModeBar: false, responsive: false };

const colour = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

let drawn = "";
let drawnAt = 0;

/** Draws the curves of a view, at most once a second and only if they differ. */
export function show(view, more = () => ({ glucose: [], insulin: [], shapes: [] })) {
  if (!globalThis.Plotly) return;
  const extra = more(view, colour);
  const wide = document.documentElement.clientWidth;
  const theme = matchMedia("(prefers-color-scheme: dark)").matches;
  const until = range(view)[1];
  const key = JSON.stringify([view.readings, view.doses, view.basal, extra, wide, theme, until]);
  if (key === drawn || performance.now() - drawnAt < 900) return;
  [drawn, drawnAt] = [key, performance.now()];
  glucose(view, extra);
  insulin(view, extra);
}

/** From when to when is drawn [s]: the last hours, and a little room. */
function range(view) {
  const until = Math.max(3600, Math.ceil((view.now_s + 60) / 300) * 300 + 300);
  return [Math.max(0, until - 8 * 3600), until];
}

function axes(view) {
  const [from, until] = range(view);
  const steps = [600, 900, 1800, 3600, 7200];
  const step = steps.find((step) => (until - from) / step <= 7) ?? 7200;
  const first = Math.ceil((from + view.start_clock_s) / step) * step - view.start_clock_s;
  const ticks = [];
  for (let at = first; at <= until; at += step) ticks.push(at);
  const day = (at) => (view.start_clock_s + at) % 86400;
  const text = (at) =>
    `${String(Math.floor(day(at) / 3600)).padStart(2, "0")}:${String(Math.floor(day(at) / 60) % 60).padStart(2, "0")}`;
  return {
    range: [from, until],
    tickvals: ticks,
    ticktext: ticks.map(text),
    gridcolor: colour("--grid"),
    zeroline: false,
    fixedrange: true,
    ticklabelstandoff: 6,
  };
}

function layout(view, name, top, margin) {
  return {
    margin,
    height: byId(name).clientHeight,
    width: byId(name).clientWidth,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, sans-serif", size: 13, color: colour("--text-soft") },
    showlegend: top,
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
    xaxis: axes(view),
  };
}

function glucose(view, extra) {
  const points = {
    name: "reading",
    x: view.readings.map((point) => point[0]),
    y: view.readings.map((point) => point[1]),
    mode: "lines+markers",
    line: { color: colour("--reading"), width: 1.5, dash: "dot" },
    marker: { color: colour("--reading"), size: 6 },
  };
  const [from, until] = range(view);
  const band = (low, high, name) => ({
    type: "rect", layer: "below", x0: from, x1: until, y0: low, y1: high,
    fillcolor: colour(name), line: { width: 0 },
  });
  const all = [...view.readings, ...extra.glucose.flatMap((trace) => trace.x.map((x, at) => [x, trace.y[at]]))];
  const top = Math.max(200, ...all.filter((p) => p[0] >= from).map((p) => p[1] + 20));
  const base = layout(view, "glucose-chart", extra.glucose.length > 0, { l: 48, r: 14, t: 24, b: 30 });
  Plotly.react("glucose-chart", [...extra.glucose, points], {
    ...base,
    shapes: [band(70, 180, "--band-good"), band(0, 54, "--band-bad"), ...extra.shapes],
    annotations: [{
      text: "mg/dL", xref: "paper", yref: "paper", x: 0, y: 1, xanchor: "right", yanchor: "bottom",
      showarrow: false,
    }],
    yaxis: { range: [0, top], tickvals: [0, 54, 70, 100, 180, 250, 300, 400].filter((v) => v <= top),
             gridcolor: colour("--grid"), zeroline: false, fixedrange: true, ticklabelstandoff: 6 },
  }, CONFIG);
}

function insulin(view, extra) {
  const [, until] = range(view);
  const ends = view.basal.length > 0 ? [...view.basal, [Math.min(view.now_s, until), view.basal.at(-1)[1]]] : [];
  const basal = {
    name: "basal U/h",
    x: ends.map((point) => point[0]),
    y: ends.map((point) => point[1]),
    mode: "lines",
    line: { shape: "hv", color: colour("--insulin"), width: 2 },
    fill: "tozeroy",
    fillcolor: colour("--insulin-soft"),
  };
  const doses = {
    name: "bolus U",
    type: "bar",
    x: view.doses.map((dose) => dose[0]),
    y: view.doses.map((dose) => dose[1]),
    width: (until - range(view)[0]) / 60,
    marker: { color: colour("--dose") },
    text: view.doses.map((dose) => `${dose[1].toFixed(1)}`),
    textposition: "outside",
    textangle: 0,
    constraintext: "none",
    textfont: { size: 12 },
    cliponaxis: false,
  };
  const top = Math.max(2, ...view.doses.map((dose) => dose[1] * 1.35), ...ends.map((end) => end[1] * 1.3));
  const base = layout(view, "insulin-chart", false, { l: 48, r: 14, t: 26, b: 30 });
  Plotly.react("insulin-chart", [basal, doses, ...extra.insulin], {
    ...base,
    annotations: [{
      text: "insulin, U and U/h", xref: "paper", yref: "paper", x: 0, y: 1, xanchor: "left",
      yanchor: "bottom", showarrow: false,
    }],
    yaxis: { range: [0, top], nticks: 4, gridcolor: colour("--grid"), zeroline: false, fixedrange: true, ticklabelstandoff: 6 },
  }, CONFIG);
}
