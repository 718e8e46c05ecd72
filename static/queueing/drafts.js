// What is typed into a form that opens (desk and reception) stays in this tab until it
// is sent or discarded: a refusal, somebody else's step, a new log-in or a change of
// language takes nothing away. A form's address names its step and its ticket.
(() => {
  "use strict";
  const ownPart = () => document.querySelector("[data-own-part]");
  const prefix = () => `draft:${ownPart().dataset.officer}:`;
  const keyOf = (form) => prefix() + form.getAttribute("action").split("?")[0];
  const read = (key) => JSON.parse(sessionStorage.getItem(key));
  const fieldsOf = (form) => [...form.querySelectorAll("textarea, select, input:not([type=hidden])")];

  function save(form) {
    const fields = fieldsOf(form);
    const typed = fields.filter((field) => !field.matches("select, [type=checkbox]") && field.value !== field.defaultValue);
    sessionStorage.setItem(keyOf(form), JSON.stringify({
      label: ownPart().dataset.label,
      open: form.closest("details").open,
      text: typed.map((field) => field.value.trim()).join(" · "),
      values: fields.map((field) => (field.type === "checkbox" ? field.checked : field.value)),
    }));
  }

  function fill(form, draft) {
    fieldsOf(form).forEach((field, place) => {
      const value = draft.values[place];
      if (field.type === "checkbox") field.checked = value;
      else if (!field.matches("select") || [...field.options].some((option) => option.value === value)) field.value = value;
    });
    form.closest("details").open ||= draft.open;
  }

  function restore() {
    if (!ownPart()) return;
    const missing = new Set(Object.keys(sessionStorage).filter((key) => key.startsWith(prefix())));
    ownPart().querySelectorAll("details form").forEach((form) => {
      if (missing.delete(keyOf(form))) fill(form, read(keyOf(form)));
    });
    const unsent = [...missing].filter((key) => read(key).text).map(show);
    document.querySelector("[data-unsent]").replaceChildren(...unsent);
  }

  // The form has gone with its ticket: what was typed can still be read.
  function show(key) {
    const note = document.getElementById("unsent-note").content.firstElementChild.cloneNode(true);
    note.querySelector("[data-label]").textContent = read(key).label;
    note.querySelector("[data-text]").textContent = read(key).text;
    note.querySelector("button").addEventListener("click", () => {
      sessionStorage.removeItem(key);
      note.remove();
    });
    return note;
  }

  document.addEventListener("input", ({ target }) => {
    const form = target.closest("[data-own-part] details form");
    if (form) save(form);
  });
  document.addEventListener("toggle", ({ target }) => {
    const form = target.isConnected && target.querySelector("form");
    if (form && sessionStorage.getItem(keyOf(form))) save(form);
  }, true);
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    const form = detail.requestConfig?.elt;
    if (form?.matches("details form") && detail.xhr.status < 400) sessionStorage.removeItem(keyOf(form));
    restore();
  });
  restore();
})();
