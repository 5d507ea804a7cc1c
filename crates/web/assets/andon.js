// What every page does once scripts run: clocks in the viewer's zone that tick, keys, freshness, charts.
import { draw } from "./chart.js";
import { explore } from "./explore.js";
import { keys } from "./keys.js";
import { freshen } from "./fresh.js";

const two = (n) => String(n).padStart(2, "0");

function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000)), m = Math.floor(s / 60) % 60, h = Math.floor(s / 3600) % 24;
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${m} min ${two(s % 60)} s`;
  if (s < 86400) return `${h} h ${two(m)} min`;
  return `${Math.floor(s / 86400)} d ${h} h`;
}

// Half a year: a date further off needs its year.
const NEAR = 183 * 86400e3;

function localize(root) {
  const today = new Date().toDateString();
  for (const element of root.querySelectorAll("time[datetime]")) {
    const at = new Date(element.dateTime);
    const year = Math.abs(at - Date.now()) > NEAR ? "numeric" : undefined;
    const day = at.toLocaleDateString(undefined, { day: "numeric", month: "short", year });
    const minute = `${two(at.getHours())}:${two(at.getMinutes())}`, second = `:${two(at.getSeconds())}`;
    element.textContent = at.toDateString() === today
      ? minute + second
      : `${day} ${minute}${"exact" in element.dataset ? second : ""}`;
  }
}

function tick() {
  for (const element of document.querySelectorAll("[data-since]")) {
    const text = span(Date.now() - Number(element.dataset.since));
    if (element.textContent !== text) element.textContent = text;
  }
}

function arrive(root) {
  localize(root);
  tick();
  root.querySelectorAll("[data-chart]").forEach(draw);
}

const zone = document.querySelector("[data-zone]");
if (zone) zone.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone || "local time";
const live = freshen(arrive);
arrive(document);
setInterval(tick, 1000);
keys();
live();
const form = document.querySelector("[data-functions]");
if (form) explore(form);
