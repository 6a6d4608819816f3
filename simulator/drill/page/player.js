// The player's seat.

import * as acts from "./acts.js";
import * as alarms from "./alarms.js";
import * as bedside from "./bedside.js";
import * as charts from "./charts.js";
import { watch } from "./connect.js";
import * as frame from "./frame.js";
import * as keys from "./keys.js";

let view = null;

function show() {
  if (view === null) return;
  frame.show(view);
  alarms.show(view);
  alarms.log(view, view.log);
  bedside.reading(view);
  bedside.pump(view);
  acts.show(view);
  charts.show(view);
}

frame.start();
acts.start();
keys.start();
watch(
  (newest) => {
    view = newest;
    show();
  },
  (up) => {
    frame.connection(up);
    show();
  },
);
// Charts wait for Plotly, and follow the window.
setInterval(() => view && charts.show(view), 1000);
