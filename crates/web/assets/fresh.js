// Keeps the page fresh: woken by the stream, it fetches its own main part and exchanges the sections that changed.
// What has the focus or holds typed text stays as it is.

const SELF = "[data-key]";
const KEY = / name="key" value="[^"]*"/g;

const plain = (element) => element.outerHTML.replace(KEY, "");
const sections = (main) => [...main.querySelectorAll(SELF)].filter((section) => !section.parentElement.closest(SELF));

function busy(section) {
  if (section.contains(document.activeElement)) return true;
  if (section.querySelector("details.menu[open], .decide details[open]")) return true;
  return [...section.querySelectorAll("input, textarea, select")].some((field) =>
    field.tagName === "SELECT"
      ? [...field.options].some((option) => option.selected !== option.defaultSelected) && field.selectedIndex > 0
      : field.type !== "hidden" && field.value !== field.defaultValue);
}

// What somebody unfolded stays so.
function unfold(shown, next) {
  const was = [...shown.querySelectorAll("details")], folds = [...next.querySelectorAll("details")];
  if (was.length === folds.length) folds.forEach((fold, index) => { fold.open ||= was[index].open; });
}

export function freshen(arrive) {
  // What the server sent for each section, before clocks were localized.
  const sent = new Map(sections(document.getElementById("main")).map((section) => [section.dataset.key, plain(section)]));
  let fetching = false, again = false, timer = 0;

  function exchange(old, next) {
    const wanted = sections(next), shown = sections(old);
    const keysOf = (list) => list.map((section) => section.dataset.key).join();
    if (keysOf(wanted) === keysOf(shown)) {
      wanted.forEach((section, index) => {
        const text = plain(section);
        if (sent.get(section.dataset.key) === text) return;
        if (busy(shown[index])) { again = true; return; }
        sent.set(section.dataset.key, text);
        unfold(shown[index], section);
        shown[index].replaceWith(section);
        arrive(section);
      });
      return;
    }
    // The page has another shape: take it over, with whatever somebody is writing in carried along.
    const focus = document.activeElement, at = focus?.selectionStart, to = focus?.selectionEnd;
    wanted.forEach((section) => sent.set(section.dataset.key, plain(section)));
    const writing = shown.filter(busy);
    const form = focus?.closest?.("form.composer");
    for (const section of writing) {
      next.querySelector(`[data-key="${CSS.escape(section.dataset.key)}"]`)?.replaceWith(section);
    }
    if (form && !form.closest(SELF)) next.querySelector("form.composer")?.replaceWith(form);
    old.replaceChildren(...next.childNodes);
    arrive(old);
    if (focus?.isConnected && document.activeElement !== focus) {
      focus.focus({ preventScroll: true });
      if (at != null) focus.setSelectionRange?.(at, to);
    }
  }

  async function fetchMain() {
    if (fetching) { again = true; return; }
    fetching = true;
    again = false;
    try {
      const answer = await fetch(location.pathname + location.search, { headers: { "X-Fragment": "main" } });
      if (answer.ok) {
        const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
        const old = document.getElementById("main");
        if (next && old) {
          exchange(old, next);
          document.title = next.dataset.title + document.title.slice(document.title.lastIndexOf(" · "));
          for (const name of ["incidents", "alerts"]) {
            const badge = document.querySelector(`[data-badge=${name}]`), count = next.dataset[name];
            if (badge) { badge.textContent = count; badge.hidden = count === "0"; }
          }
        }
      }
    } catch { /* the stream says when there is a server again */ }
    fetching = false;
  }

  function wake() {
    clearTimeout(timer);
    timer = setTimeout(fetchMain, 60);
  }

  document.addEventListener("focusout", () => { if (again) wake(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) wake(); });

  // What changes with every scrape is not told by the stream.
  const often = Number(document.querySelector("[data-renew]")?.dataset.renew);
  if (often) setInterval(() => { if (!document.hidden) wake(); }, often * 1000);

  return () => {
    const mark = document.querySelector("[data-live]");
    const heard = (state) => {
      if (mark) mark.hidden = state === "lost";
      if (state === "view" && !document.hidden) wake();
    };
    if (window.SharedWorker) {
      const worker = new SharedWorker("/assets/worker.js");
      worker.port.onmessage = (message) => heard(message.data);
      worker.port.start();
      addEventListener("pagehide", () => worker.port.postMessage("bye"));
    } else {
      const stream = new EventSource("/api/v1/andon/stream");
      stream.addEventListener("view", () => heard("view"));
      stream.onopen = () => heard("open");
      stream.onerror = () => heard("lost");
    }
  };
}
