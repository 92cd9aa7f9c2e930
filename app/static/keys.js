// Keys that open something wait for their button.
//
// Streamlit binds a key when it has drawn the button: what is pressed while a page is being drawn
// would be lost. These keys are taken here instead, and press their button as soon as it is there.
// Keys that decide are left to Streamlit: nobody decides about a case that is not in sight yet.
(() => {
  if (window.shopsightKeys) return;
  window.shopsightKeys = true;

  const OPENING = new Set(["n", "b", "o", "q", "s"]);
  const PATIENCE_MS = 10000;
  let waiting = null;

  const buttonOf = (key) => {
    const sign = document.querySelector(
      `button:enabled [aria-label="Shortcut ${key.toUpperCase()}"]`,
    );
    return sign && sign.closest("button");
  };
  const forget = () => {
    waiting = null;
  };
  const tryIt = () => {
    if (!waiting) return;
    if (performance.now() > waiting.until) return forget();
    const button = buttonOf(waiting.key);
    if (!button) return;
    forget();
    button.click();
  };
  const isTyping = (target) =>
    target instanceof Element &&
    (target.isContentEditable || target.closest("input, textarea, select") !== null);

  window.addEventListener(
    "keydown",
    (event) => {
      forget();
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
      if (!plain || event.repeat || isTyping(event.target) || !OPENING.has(event.key)) return;
      if (document.querySelector("[role=dialog]")) return;
      event.stopImmediatePropagation();
      event.preventDefault();
      waiting = { key: event.key, until: performance.now() + PATIENCE_MS };
      tryIt();
    },
    true,
  );
  // Whoever does something else meanwhile wants that.
  window.addEventListener("pointerdown", forget, true);
  new MutationObserver(tryIt).observe(document.documentElement, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["disabled", "aria-label"],
  });
})();
