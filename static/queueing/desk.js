// The pages for staff, on top of what works without scripts (desk and reception):
// keys, double presses, silence of the server, and live refreshes that disturb nobody.
// What is typed is kept by drafts.js; the sentences are in _desk_notices.html.
(() => {
  "use strict";
  const SETTLE = 400; // ms in which a press was still aimed at the former button
  const READING = 8000; // ms a refusal stays before a refresh may take it away
  const PATIENCE = 15000; // ms until a press without an answer is given up
  const TEXT = "textarea, input:not([type=hidden], [type=checkbox], [type=radio])";
  let pressedAt = -Infinity, posting = 0, scrolled = {};

  const root = () => document.querySelector("[data-live-url]");
  const ownPart = () => document.querySelector("[data-own-part]");
  // What somebody asked for by a form or a link, in contrast to a live refresh.
  const isOwn = (detail) => detail.requestConfig?.elt.matches("form, a");
  const isChanged = (field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked;

  function say(notice) {
    const line = document.getElementById(notice).content.firstElementChild.cloneNode(true);
    line.querySelector("[data-label]")?.append(ownPart().dataset.label);
    line.querySelector("a")?.setAttribute("href", root().getAttribute("hx-get"));
    ownPart().querySelector("[data-notice]")?.remove();
    ownPart().prepend(line);
  }

  // Keys are printed on their buttons; a key held down presses once.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (event.key === "Escape") closeForm();
    const button = root()?.querySelector(`[aria-keyshortcuts="${CSS.escape(event.key)}"]`);
    if (!button) return;
    event.preventDefault();
    if (event.repeat) return;
    if (button.matches("input")) button.focus();
    else if (button.matches("form *") && isWriting()) say("notice-unsent");
    else button.click();
  });

  // A key struck in the middle of a sentence must not take the visitor away.
  function isWriting() {
    const form = document.activeElement.closest("details[open] form");
    return form && [...form.querySelectorAll(TEXT)].some(isChanged);
  }

  function closeForm() {
    const open = ownPart()?.querySelector("details[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  }

  // The same place shows the next step at once: a double click must not take both.
  document.addEventListener("submit", (event) => {
    if (!root()?.contains(event.target) || event.target.method === "get") return;
    if (posting || performance.now() - pressedAt < SETTLE) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);

  // A form just opened takes the cursor; one just closed lets the page catch up.
  document.addEventListener("toggle", ({ target }) => {
    if (!target.open) {
      if (ownPart()?.querySelector("[data-notice=moved]")) document.body.dispatchEvent(new Event("changed"));
    } else if (!target.contains(document.activeElement) || document.activeElement.matches("summary")) {
      target.querySelector("select, input:not([type=hidden]), textarea, form button")?.focus();
    }
  }, true);

  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.elt.matches("form, a")) detail.timeout = PATIENCE;
  });
  document.addEventListener("htmx:beforeSend", ({ detail }) => {
    if (isOwn(detail)) posting += 1;
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (isOwn(detail)) posting = Math.max(0, posting - 1);
  });
  // Pressing again is safe: the form still has the key of the first press.
  for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failure, ({ detail }) => {
      if (isOwn(detail)) say("notice-silence");
    });
  }

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!detail.target.matches("[data-live-url]")) return;
    document.querySelectorAll("[data-keep-scroll]").forEach((element) => {
      scrolled[element.id] = element.scrollTop;
    });
    if (detail.xhr.status >= 500) {
      Object.assign(detail, { shouldSwap: false, isError: true });
    } else if (!isOwn(detail)) {
      if (posting) detail.shouldSwap = false;
      else refresh(detail, ownPart());
    }
  });

  // A refresh leaves the own part alone while somebody is typing or reading there.
  function refresh(detail, own) {
    const moved = aboutOf(detail.serverResponse) !== own.dataset.about;
    const busy = own.querySelector("details[open]")
      || [...own.querySelectorAll("input:not([type=hidden])")].some((field) => !field.closest("details") && isChanged(field));
    if (busy && moved) say("notice-moved");
    else if (busy) own.querySelector("[data-notice=moved]")?.remove();
    if (busy || (!moved && isReading(own))) refreshRest(detail);
    else if (moved && own.querySelector("[data-notice]")) pressedAt = performance.now();
  }

  function aboutOf(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    return fresh.querySelector("[data-own-part]")?.dataset.about;
  }

  function isReading(own) {
    if (own.querySelector("[data-notice=silence]")) return true; // its key is needed
    return own.querySelector("[role=alert]") && performance.now() - pressedAt < READING;
  }

  function refreshRest(detail) {
    const rest = detail.target.querySelector("[data-rest-part]");
    if (!rest) { detail.shouldSwap = false; return; }
    detail.target = rest;
    detail.selectOverride = `#${rest.id}`;
  }

  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    document.querySelectorAll("[data-keep-scroll]").forEach((element) => {
      element.scrollTop = scrolled[element.id] || 0;
    });
    if (!isOwn(detail)) return;
    pressedAt = performance.now();
    if (document.activeElement === document.body) document.getElementById("next-step")?.focus();
  });

  // Screen readers hear about the own counter only, and only what is new.
  document.addEventListener("htmx:afterSettle", () => {
    const region = document.querySelector("[data-own-news]");
    const text = document.querySelector("[data-own-news-text]")?.dataset.ownNewsText || "";
    if (region && region.textContent !== text) region.textContent = text;
  });
})();
