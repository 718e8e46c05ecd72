// Follows the page's live stream; see bpjs_service/events.py for what a page writes.
// Dispatches "changed" on <body>, and marks <body data-stale> while news may be late.
(() => {
  "use strict";
  const SILENCE = 30000; // the server pings each 12 s
  const JITTER = 100; // many boards must not ask within the same millisecond
  let source, lastId = "", silence, waiting, fetchFailed = false, silent = false;

  function mark() {
    const stale = silent || fetchFailed;
    if (stale === document.body.hasAttribute("data-stale")) return;
    document.body.toggleAttribute("data-stale", stale);
    const note = document.querySelector("[data-live-note]");
    if (note) note.textContent = stale ? note.dataset.liveNote : "";
  }

  function listen() {
    clearTimeout(silence);
    silence = setTimeout(() => { silent = true; mark(); open(); }, SILENCE);
  }

  function heard(event) {
    lastId = event.lastEventId;
    silent = false;
    mark();
    listen();
    if (fetchFailed) soon(); // the server is back: do not wait for the next poll
  }

  function changed(event) {
    heard(event);
    soon();
  }

  function soon() {
    if (!waiting) waiting = setTimeout(tell, Math.random() * JITTER);
  }

  // A part that is being fetched or replaced would miss the news: tell it afterwards.
  function tell() {
    waiting = undefined;
    if (document.querySelector(".htmx-request, .htmx-added, .htmx-settling")) {
      waiting = setTimeout(tell, JITTER);
    } else {
      document.body.dispatchEvent(new CustomEvent("changed"));
    }
  }

  // The address is read again each time: the part htmx fetched last has a fresh token.
  function open() {
    if (source) source.close();
    listen();
    const element = document.querySelector("[data-live-url]");
    if (!element) return;
    const url = new URL(element.dataset.liveUrl, location.href);
    if (lastId) url.searchParams.set("last", lastId);
    source = new EventSource(url);
    source.addEventListener("ping", heard);
    source.addEventListener("changed", changed);
    source.addEventListener("error", refused);
  }

  // A broken stream is picked up again by the browser itself, a refused one is not.
  function refused() {
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(open, 5000 + Math.random() * 5000);
  }

  addEventListener("online", open);

  // Somebody's own step shows that the system is busy; a fetch keeps the page it has.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.xhr.status !== 503 || detail.requestConfig.verb !== "get") return;
    detail.shouldSwap = false;
    detail.isError = true;
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.requestConfig.verb !== "get") return;
    fetchFailed = !detail.successful;
    mark();
  });
  open();
})();
