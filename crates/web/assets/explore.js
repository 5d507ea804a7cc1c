// Explore: one time for all charts, and completion of metrics, labels, values and functions while a query is typed.

const SHOWN = 12;
const words = (text) => text.trim().split(/\s+/);
const KEYWORDS = words("by without on ignoring group_left group_right bool offset and or unless");
const RANGES = words("30s 1m 5m 10m 15m 30m 1h 6h 1d 7d 30d");

const cache = new Map();
function ask(path) {
  if (!cache.has(path)) {
    const answer = fetch(`/api/v1/${path}`).then((response) => response.json()).then((body) => body.data ?? []);
    cache.set(path, answer.catch(() => { cache.delete(path); return []; }));
  }
  return cache.get(path);
}

const match = (metric) => metric ? `?match[]=${encodeURIComponent(metric)}` : "";

// What can stand where the caret is: the candidates, and how much of the text before it they replace.
async function candidates(text, functions) {
  const open = text.lastIndexOf("{"), within = open > text.lastIndexOf("}");
  const metric = within ? /([a-zA-Z_:][\w:]*)\s*$/.exec(text.slice(0, open))?.[1] : "";
  const value = within && /([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)$/.exec(text.slice(open));
  if (value) return { typed: value[2], kind: "value", all: await ask(`label/${value[1]}/values${match(metric)}`) };
  const typed = /[\w:]*$/.exec(text)[0];
  const range = /\[(\w*)$/.exec(text);
  if (range) return { typed: range[1], kind: "range", all: RANGES };
  const grouped = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*$/.test(text);
  if (within || grouped) return { typed, kind: "label", all: await ask(`labels${match(metric)}`) };
  if (!typed) return { typed, kind: "", all: [] };
  return { typed, kind: "metric", all: [...functions, ...KEYWORDS, ...await ask("label/__name__/values")] };
}

// What begins with the typed text comes first, then what has it inside.
function best(all, typed) {
  const low = typed.toLowerCase();
  const rank = (word) => { const at = word.toLowerCase().indexOf(low); return at < 0 ? Infinity : at; };
  return [...new Set(all)].filter((word) => word !== "__name__" && rank(word) < Infinity && word !== typed)
    .sort((a, b) => Math.min(rank(a), 1) - Math.min(rank(b), 1) || a.localeCompare(b)).slice(0, SHOWN);
}

function complete(area, functions) {
  const list = Object.assign(document.createElement("ul"), { className: "candidates", id: `${area.id}-candidates`, hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Completions");
  area.after(list);
  for (const [name, value] of Object.entries({ "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-controls": list.id })) area.setAttribute(name, value);
  let shown = [], at = -1, typed = "", turn = 0;
  const hide = () => {
    turn += 1;
    list.hidden = true;
    area.removeAttribute("aria-activedescendant");
  };
  const mark = (to) => {
    at = (to + shown.length) % shown.length;
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", index === at));
    area.setAttribute("aria-activedescendant", list.children[at].id);
    list.children[at].scrollIntoView({ block: "nearest" });
  };
  const take = (word) => {
    const caret = area.selectionStart, call = functions.includes(word) && area.value[caret] !== "(" ? "(" : "";
    area.setRangeText(word + call, caret - typed.length, caret, "end");
    hide();
  };
  const suggest = async () => {
    const mine = ++turn;
    const found = await candidates(area.value.slice(0, area.selectionStart), functions);
    if (mine !== turn) return;
    shown = best(found.all, found.typed);
    typed = found.typed;
    if (!shown.length) { hide(); return; }
    list.replaceChildren(...shown.map((word, index) => {
      const item = Object.assign(document.createElement("li"), { id: `${list.id}-${index}`, textContent: word });
      item.setAttribute("role", "option");
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); take(word); });
      return item;
    }));
    list.hidden = false;
    mark(0);
  };
  area.addEventListener("input", suggest);
  area.addEventListener("blur", hide);
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && list.hidden) {
      event.preventDefault();
      area.form.requestSubmit();
    } else if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      suggest();
    } else if (!list.hidden) {
      const deeds = {
        ArrowDown: () => mark(at + 1),
        ArrowUp: () => mark(at - 1),
        Enter: () => take(shown[at]),
        Tab: () => take(shown[at]),
        Escape: hide,
      };
      if (deeds[event.key]) { event.preventDefault(); deeds[event.key](); }
    }
  });
}

export function explore(form) {
  const functions = words(form.dataset.functions);
  for (const area of form.querySelectorAll("textarea[name=q]")) complete(area, functions);
  const figures = [...document.querySelectorAll("[data-chart]")], first = figures.map((figure) => ({ ...figure.dataset }));
  // Dragging over one chart is a new time for all, and stays in the address.
  document.addEventListener("andon-zoom", (event) => {
    event.preventDefault();
    const span = event.detail, address = new URL(location.href);
    if (span) {
      const until = new Date(Math.round(span.until / 1000) * 1000), seconds = Math.max(1, Math.round((span.until - span.from) / 1000));
      form.elements.end.value = until.toISOString().replace(".000", "");
      form.elements.range.value = `${seconds}s`;
      address.searchParams.set("end", form.elements.end.value);
      address.searchParams.set("range", `${seconds}s`);
    } else {
      for (const name of ["range", "end"]) form.elements[name].value = form.elements[name].defaultValue;
      for (const name of ["range", "end"]) address.searchParams.set(name, form.elements[name].value);
    }
    history.replaceState(null, "", address);
    figures.forEach((figure, index) => {
      for (const name of ["span", "until", "from"]) {
        if (first[index][name] === undefined) delete figure.dataset[name];
        else figure.dataset[name] = first[index][name];
      }
      if (span) {
        delete figure.dataset.span;
        figure.dataset.from = span.from;
        figure.dataset.until = span.until;
      }
      figure.dispatchEvent(new Event("andon-renew"));
    });
  });
}
