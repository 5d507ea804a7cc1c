// Keys: g and a letter go somewhere, j and k walk the rows, a acknowledges, t turns the light, ? explains.

const PLACES = { n: "/", i: "/incidents", a: "/alerts", r: "/reviews", e: "/explore", s: "/services", t: "/targets", u: "/rules" };

// The other light than now; back to the system's own where that is the same.
function turnLight() {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const next = (root.dataset.theme ?? system) === "dark" ? "light" : "dark";
  const theme = next === system ? "auto" : next;
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  document.cookie = `andon_theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax`;
  const word = document.querySelector("[data-theme-word]");
  if (word) word.textContent = theme;
  dispatchEvent(new Event("andon-theme"));
}

function walk(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
  const target = row.querySelector("a, button");
  if (target) { target.focus(); row.scrollIntoView({ block: "nearest" }); }
}

function acknowledge() {
  const row = document.activeElement?.closest?.("[data-row]");
  const button = (row ?? document.querySelector("main")).querySelector("[data-ack]");
  button?.form?.requestSubmit(button);
}

export function keys() {
  let leader = 0;
  document.querySelector("[data-theme-form]")?.addEventListener("submit", (event) => {
    event.preventDefault();
    turnLight();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, canvas, dialog[open]")) return;
    const led = Date.now() - leader < 1500;
    leader = 0;
    if (led && PLACES[event.key]) { location.href = PLACES[event.key]; return; }
    const deeds = {
      g: () => { leader = Date.now(); },
      "/": () => (document.querySelector("[data-filter]") ?? document.getElementById("note"))?.focus(),
      "?": () => document.getElementById("help")?.showModal(),
      j: () => walk(1),
      k: () => walk(-1),
      a: acknowledge,
      t: turnLight,
    };
    if (deeds[event.key]) { event.preventDefault(); deeds[event.key](); }
  });
}
