"""What keeps the keyboard in its place when a table is drawn anew. Knows nothing of which table."""

KEEPS_FOCUS = """
let focused = null;
element.addEventListener('focusin', (event) => { focused = event.target.dataset.focus ?? null; });
element.addEventListener('focusout', (event) => { if (event.relatedTarget) focused = null; });
new MutationObserver(() => {
  if (!focused || document.activeElement !== document.body) return;
  element.querySelector(`[data-focus="${focused}"]`)?.focus();
}).observe(element, { childList: true, subtree: true });
"""
"""Runs in the browser, in a `gr.HTML`: whatever has `data-focus` gets the focus back that its successor lost."""
