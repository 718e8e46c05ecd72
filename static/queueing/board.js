// Marks a call that is new on the board, once; what it says is in the page anyway.
(() => {
  "use strict";
  const call = () => document.querySelector("[data-call]")?.dataset.call;
  let shown = call();
  document.addEventListener("htmx:afterSwap", () => {
    const now = call();
    if (now && now !== shown) {
      document.querySelector("[data-call]").classList.add("board-newest--new");
    }
    shown = now;
  });
})();
