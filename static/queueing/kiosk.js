// The kiosk works without this; with it the browser's own error page never shows, and
// the start screen comes back when nobody touches the screen any more.
(() => {
  "use strict";
  const PATIENCE = 8000; // ms until the server counts as not answering
  const main = document.querySelector("[data-idle-seconds]");
  const offline = document.querySelector(".kiosk-offline");
  let busy = false, sure = null, again, idle;

  // Ask the server whether it is there before leaving this page.
  async function ask(then) {
    if (busy) return;
    busy = true;
    try {
      await fetch(main.dataset.start, { method: "HEAD", signal: AbortSignal.timeout(PATIENCE) });
      if (offline.open) offline.close();
      then();
    } catch {
      busy = false;
      again = then;
      document.querySelector(".is-pressed")?.classList.remove("is-pressed");
      if (!offline.open) offline.showModal();
    }
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("a, form button");
    if (!target || target === sure) return;
    event.preventDefault();
    if (busy) return;
    target.classList.add("is-pressed");
    ask(() => { sure = target; target.click(); sure = null; });
  });
  offline.querySelector("button").addEventListener("click", () => ask(again));
  offline.addEventListener("cancel", (event) => event.preventDefault());

  function rest() {
    clearTimeout(idle);
    idle = setTimeout(() => ask(() => location.assign(main.dataset.start)),
      main.dataset.idleSeconds * 1000);
  }
  for (const name of ["pointerdown", "keydown", "pageshow"]) addEventListener(name, rest);
  addEventListener("pageshow", () => { busy = false; });
  for (const name of ["contextmenu", "dragstart"]) {
    addEventListener(name, (event) => event.preventDefault());
  }
})();
