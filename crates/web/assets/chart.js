// One chart: thin lines on a canvas, gaps stay gaps, the threshold, and a marker for each change. Its data can be
// read as a table; arrow keys move the crosshair, dragging zooms, Escape or a double click shows all again. The
// crosshair of one chart is that of all charts of the page.

const HEIGHT = 220, LEFT = 52, RIGHT = 10, TOP = 16, BOTTOM = 22;
const REFRESH_MS = 10_000, COLOURS = 6;
// The seventh series has the first one's colour again, but broken.
const DASHES = [[], [6, 3], [2, 3]];

const two = (n) => String(n).padStart(2, "0");
const clock = (ms) => { const d = new Date(ms); return `${two(d.getHours())}:${two(d.getMinutes())}`; };
const exact = (ms) => `${clock(ms)}:${two(new Date(ms).getSeconds())}`;

function number(value) {
  const size = Math.abs(value);
  if (size >= 1e9) return `${+(value / 1e9).toPrecision(3)} G`;
  if (size >= 1e6) return `${+(value / 1e6).toPrecision(3)} M`;
  if (size >= 1e4) return `${+(value / 1e3).toPrecision(3)} k`;
  return String(+value.toPrecision(3));
}

// Between two gridlines, so that there are four or five of them.
function nice(range) {
  const raw = range / 5, unit = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 2.5, 5, 10].map((n) => n * unit).find((step) => step >= raw);
}

// What tells a series from the others: the labels that all of them share say nothing.
function namer(metrics, fallback) {
  const shared = ([name, value]) => metrics.length > 1 && metrics.every((metric) => metric[name] === value);
  return (metric) => {
    const labels = Object.entries(metric).filter((label) => label[0] !== "__name__" && !shared(label));
    const named = shared(["__name__", metric.__name__]) && labels.length ? "" : metric.__name__;
    return [metrics.length > 1 && named, ...labels.map(([, value]) => value)].filter(Boolean).join(" ") || named || fallback;
  };
}

async function load(figure, width, zoom) {
  const end = Math.min(Date.now(), Number(figure.dataset.until || Infinity));
  const { from, until } = zoom ?? {
    from: figure.dataset.span ? end - Number(figure.dataset.span) : Number(figure.dataset.from),
    until: end,
  };
  const fine = Math.ceil((until - from) / 1000 / Math.min(width, 600));
  const step = Math.max(1, Number(figure.dataset.step || fine));
  const query = new URLSearchParams({ query: figure.dataset.chart, start: from / 1000, end: until / 1000, step });
  const began = performance.now();
  const answer = await (await fetch(`/api/v1/query_range?${query}`)).json();
  if (answer.status !== "success") throw new Error(answer.error);
  const took = performance.now() - began, found = answer.data.result;
  const nameOf = namer(found.map((one) => one.metric), figure.dataset.name);
  const series = found.slice(0, Number(figure.dataset.most || COLOURS)).map((one) => ({
    name: nameOf(one.metric),
    points: (one.values ?? []).map(([at, value]) => [at * 1000, Number(value)]).filter(([, value]) => Number.isFinite(value)),
  }));
  const notes = [...(answer.warnings ?? []), ...(answer.infos ?? [])];
  return { from, until, step: step * 1000, series, found: found.length, took, notes };
}

function paint(figure, canvas, data, cross, grip) {
  const style = getComputedStyle(document.documentElement);
  const probe = document.createElement("i");
  figure.append(probe);
  const color = (token) => { probe.style.color = `var(${token})`; return getComputedStyle(probe).color; };
  const width = canvas.clientWidth, ratio = devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = HEIGHT * ratio;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.font = `11px ${style.fontFamily}`;
  const bound = figure.dataset.bound ? Number(figure.dataset.bound) : null;
  const values = data.series.flatMap((one) => one.points.map(([, value]) => value));
  const least = Math.min(0, ...values), most = Math.max(bound ?? 0, ...values);
  const step = nice(most - least || 1), low = Math.floor(least / step) * step;
  const high = Math.max(Math.ceil(most / step - 1e-9) * step, low + step);
  const x = (at) => LEFT + (at - data.from) / (data.until - data.from) * (width - LEFT - RIGHT);
  const y = (value) => HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM);
  const line = (x1, y1, x2, y2, stroke, dash = []) => {
    pen.strokeStyle = stroke;
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
    pen.setLineDash([]);
  };
  const muted = color("--muted"), rule = color("--line");
  pen.lineWidth = 1;
  pen.textBaseline = "middle";
  for (let value = low; value <= high + step / 9; value += step) {
    const level = Math.round(y(value)) + 0.5;
    line(LEFT, level, width - RIGHT, level, rule);
    pen.fillStyle = muted;
    pen.textAlign = "right";
    pen.fillText(number(value), LEFT - 8, level);
  }
  pen.textBaseline = "alphabetic";
  const minutes = [1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440].find((m) => (data.until - data.from) / 60000 / m <= width / 80) ?? 1440;
  pen.textAlign = "center";
  for (let at = Math.ceil(data.from / (minutes * 60000)) * minutes * 60000; at <= data.until; at += minutes * 60000) {
    if (x(at) > LEFT + 12 && x(at) < width - 22) pen.fillText(clock(at), x(at), HEIGHT - 6);
  }
  let free = -Infinity;
  for (const marker of JSON.parse(figure.dataset.markers || "[]").sort((a, b) => a.at - b.at)) {
    if (marker.at < data.from || marker.at > data.until) continue;
    const at = Math.round(x(marker.at)) + 0.5;
    line(at, TOP, at, HEIGHT - BOTTOM, muted, [3, 3]);
    const wide = pen.measureText(marker.text).width, start = Math.min(at, width - RIGHT - wide);
    pen.textAlign = "left";
    pen.fillStyle = muted;
    if (start > free) { pen.fillText(marker.text, start, TOP - 5); free = start + wide + 8; }
  }
  pen.save();
  pen.beginPath();
  pen.rect(LEFT, TOP - 2, width - LEFT - RIGHT, HEIGHT - TOP - BOTTOM + 4);
  pen.clip();
  pen.lineWidth = 1.5;
  pen.lineJoin = "round";
  data.series.forEach((one, index) => {
    pen.strokeStyle = color(`--series-${index % COLOURS + 1}`);
    pen.setLineDash(DASHES[Math.floor(index / COLOURS) % DASHES.length]);
    pen.beginPath();
    let before = -Infinity;
    for (const [at, value] of one.points) {
      if (at - before > data.step * 2.5) pen.moveTo(x(at), y(value));
      else pen.lineTo(x(at), y(value));
      before = at;
    }
    pen.stroke();
  });
  pen.restore();
  pen.setLineDash([]);
  pen.lineWidth = 1;
  if (bound !== null) {
    line(LEFT, y(bound), width - RIGHT, y(bound), color("--bad"), [6, 4]);
    pen.fillStyle = color("--bad");
    pen.textAlign = "left";
    pen.fillText(`threshold ${number(bound)}`, LEFT + 6, y(bound) - 5);
  }
  if (cross !== null && grip !== null) {
    pen.globalAlpha = 0.18;
    pen.fillStyle = color("--accent");
    pen.fillRect(x(grip), TOP, x(cross) - x(grip), HEIGHT - TOP - BOTTOM);
    pen.globalAlpha = 1;
  }
  if (cross !== null) line(x(cross), TOP, x(cross), HEIGHT - BOTTOM, muted);
  const legend = figure.querySelector(".legend");
  legend.replaceChildren(...data.series.map((one, index) => {
    const item = document.createElement("span"), mark = document.createElement("i"), value = document.createElement("b");
    mark.style.background = color(`--series-${index % COLOURS + 1}`);
    const near = cross === null ? one.points.at(-1) : one.points.findLast(([at]) => at <= cross);
    value.textContent = near ? number(near[1]) : "no data";
    item.append(mark, `${one.name} `, value, cross === null ? "" : ` at ${exact(cross)}`);
    return item;
  }));
  if (!data.series.length) legend.textContent = "no data in this time";
  probe.remove();
}

function table(figure, data) {
  const cell = (kind, text) => Object.assign(document.createElement(kind), { textContent: text });
  const rows = new Map();
  data.series.forEach((one, index) => one.points.forEach(([at, value]) => {
    if (!rows.has(at)) rows.set(at, []);
    rows.get(at)[index] = number(value);
  }));
  const made = document.createElement("table"), head = made.insertRow();
  head.append(cell("th", "Time"), ...data.series.map((one) => cell("th", one.name)));
  const every = Math.max(1, Math.ceil(rows.size / 60));
  [...rows].sort(([a], [b]) => b - a).forEach(([at, values], index) => {
    if (index % every) return;
    made.insertRow().append(cell("td", exact(at)), ...data.series.map((_, of) => cell("td", values[of] ?? "")));
  });
  figure.querySelector("[data-table]").replaceChildren(made);
}

export function draw(figure) {
  const canvas = figure.querySelector("canvas"), details = figure.querySelector("details");
  let data = null, cross = null, grip = null, zoom = null;
  const show = () => { if (data && canvas.isConnected) paint(figure, canvas, data, cross, grip); };
  const summary = () => {
    const last = data.series.map((one) => one.points.length
      ? `${one.name}: now ${number(one.points.at(-1)[1])}, at most ${number(Math.max(...one.points.map(([, value]) => value)))}`
      : `${one.name}: no data`);
    const bound = figure.dataset.bound ? `; threshold ${figure.dataset.bound}` : "";
    canvas.setAttribute("aria-label", `Chart of ${figure.dataset.name}. ${last.join("; ")}${bound}`);
  };
  const renew = async () => {
    try {
      data = await load(figure, Math.max(canvas.clientWidth, 100), zoom);
      show();
      summary();
      caption();
      if (details.open) table(figure, data);
    } catch (error) {
      figure.querySelector(".legend").textContent = `the chart has no data: ${error.message}`;
    }
  };
  const caption = () => {
    const line = figure.querySelector("[data-caption]");
    if (!line) return;
    const shown = data.series.length < data.found ? `, the first ${data.series.length} drawn` : "";
    const took = data.took < 10 ? data.took.toFixed(1) : data.took.toFixed(0);
    line.textContent = [`${data.found} series${shown}, ${took} ms`, ...data.notes].join(" · ");
  };
  // A page that shares one time among its charts takes the zoom itself.
  const zoomTo = (span) => {
    const taken = !figure.dispatchEvent(new CustomEvent("andon-zoom", { bubbles: true, cancelable: true, detail: span }));
    zoom = taken ? null : span;
    point(null);
    renew();
  };
  const point = (at) => {
    cross = at;
    show();
    dispatchEvent(new CustomEvent("andon-cross", { detail: { at, figure } }));
  };
  const place = (px) => {
    const inside = (px - LEFT) / (canvas.clientWidth - LEFT - RIGHT);
    point(data && inside >= 0 && inside <= 1 ? data.from + inside * (data.until - data.from) : null);
  };
  addEventListener("andon-cross", ({ detail }) => {
    if (detail.figure === figure || !data) return;
    cross = detail.at !== null && detail.at >= data.from && detail.at <= data.until ? detail.at : null;
    show();
  });
  figure.addEventListener("andon-renew", () => { zoom = null; renew(); });
  canvas.addEventListener("pointermove", (event) => place(event.offsetX));
  canvas.addEventListener("pointerleave", () => { grip = null; point(null); });
  canvas.addEventListener("pointerdown", () => { grip = cross; });
  canvas.addEventListener("pointerup", () => {
    const [from, until] = [grip, cross].sort((a, b) => a - b);
    const wide = grip !== null && cross !== null && until - from > (data.until - data.from) / 60;
    grip = null;
    if (wide) zoomTo({ from, until });
    else show();
  });
  canvas.addEventListener("dblclick", () => zoomTo(null));
  canvas.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!data || (!by && event.key !== "Escape")) return;
    event.preventDefault();
    if (!by && (zoom || cross === null)) { zoomTo(null); return; }
    point(by ? Math.min(data.until, Math.max(data.from, (cross ?? data.until) + by * data.step * 4)) : null);
  });
  details.addEventListener("toggle", () => { if (details.open && data) table(figure, data); });
  new ResizeObserver(show).observe(canvas);
  addEventListener("andon-theme", show);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  renew();
  const timer = setInterval(() => {
    if (canvas.isConnected && !(Number(figure.dataset.until) < Date.now())) renew();
    else clearInterval(timer);
  }, REFRESH_MS);
}
