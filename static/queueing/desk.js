// The pages for staff, on top of what works without scripts (desk and reception):
// keys, double presses, and live refreshes that disturb nobody who is typing.
(() => {
  "use strict";
  const SETTLE = 400; // ms in which a press was still aimed at the former button
  const READING = 8000; // ms a refusal stays before a refresh may take it away
  let pressedAt = -Infinity, posting = 0, typed = false, scrolled = {};

  const root = () => document.querySelector("[data-live-url]");
  // What somebody asked for by a form or a link, in contrast to a live refresh.
  const isOwn = (detail) => detail.requestConfig.elt.matches("form, a");

  // Keys are printed on their buttons; a key held down presses once.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const button = root()?.querySelector(`[aria-keyshortcuts="${event.key}"]`);
    if (!button) return;
    event.preventDefault();
    if (event.repeat) return;
    if (button.matches("input")) button.focus();
    else button.click();
  });

  // The same place shows the next step at once: a double click must not take both.
  document.addEventListener("submit", (event) => {
    if (!root()?.contains(event.target) || event.target.method === "get") return;
    if (posting || performance.now() - pressedAt < SETTLE) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);

  document.addEventListener("input", (event) => {
    if (root()?.contains(event.target)) typed = true;
  });

  // A form just opened takes the cursor.
  document.addEventListener("toggle", ({ target }) => {
    if (target.open) target.querySelector("select, input:not([type=hidden]), textarea, form button")?.focus();
  }, true);

  document.addEventListener("htmx:beforeSend", ({ detail }) => {
    if (isOwn(detail)) posting += 1;
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (isOwn(detail)) posting = Math.max(0, posting - 1);
  });

  function busy(part) {
    const reading = part.querySelector("[role=alert]") && performance.now() - pressedAt < READING;
    return typed || reading || part.querySelector("details[open]");
  }

  // A refresh leaves the own part alone while somebody is typing or reading there.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!detail.target.matches("[data-live-url]")) return;
    document.querySelectorAll("[data-keep-scroll]").forEach((element) => {
      scrolled[element.id] = element.scrollTop;
    });
    if (isOwn(detail)) { keepTyped(detail); return; }
    if (posting) { detail.shouldSwap = false; return; }
    const own = detail.target.querySelector("[data-own-part]");
    if (own && busy(own)) refreshRest(detail);
  });

  // A refused form stays open with what was typed; only the sentence is new.
  function keepTyped(detail) {
    const own = detail.target.querySelector("[data-own-part]");
    if (detail.xhr.status < 400 || !own.querySelector("details[open]")) return;
    own.querySelectorAll("[role=alert]").forEach((old) => old.remove());
    detail.target = own;
    detail.selectOverride = "[role=alert]";
    detail.swapOverride = "afterbegin";
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
    typed = false;
    if (document.activeElement === document.body) document.getElementById("next-step")?.focus();
  });

  // Screen readers hear about the own counter only, and only what is new.
  document.addEventListener("htmx:afterSettle", () => {
    const region = document.querySelector("[data-own-news]");
    const text = document.querySelector("[data-own-news-text]")?.dataset.ownNewsText || "";
    if (region && region.textContent !== text) region.textContent = text;
  });
})();
