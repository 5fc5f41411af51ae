// Keyboard, phone switcher, theme toggle, and links to kept conversations. Everything else happens on the server.
(() => {
  const byId = (id) => document.getElementById(id);
  const columns = () => [...document.querySelectorAll(".model-column")];
  let focused = 0;

  const focus = (position) => {
    if (position >= columns().length) return;
    focused = position;
    columns().forEach((column, n) => column.classList.toggle("focused", n === position));
    byId("columns")?.setAttribute("data-show", String(position));
    document.querySelectorAll(".switcher [data-show]").forEach((button) =>
      button.setAttribute("aria-pressed", String(Number(button.dataset.show) === position)));
  };

  const press = (id) => {
    const element = byId(id);
    const button = element?.matches("button") ? element : element?.querySelector("button");
    if (button && !button.disabled && button.offsetParent !== null) button.click();
  };

  const commands = {
    a: () => press(`accept-${focused}`),
    n: () => press(`refuse-${focused}`),
    b: () => press(`best-${focused}`),
    t: () => press("best-tie"),
    0: () => press("best-none"),
    enter: () => document.querySelector("#question textarea")?.focus(),
  };

  document.addEventListener("keydown", (event) => {
    const target = event.target;
    const question = target.closest?.("#question");
    if (question && event.key === "Escape") return target.blur();
    if (question && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      return setTimeout(() => target.blur(), 150);   // the keys rate as soon as the question is sent
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (target.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable=true], [role=listbox]")) return;
    if (!byId("columns")?.offsetParent) return;      // another tab is open
    if (document.querySelector(".card:popover-open")) return;
    const key = event.key.toLowerCase();
    if (key === "enter" && target.closest?.("button, a, [role=button], [role=tab], label")) return;
    if (/^[1-6]$/.test(key)) focus(Number(key) - 1);
    else if (commands[key]) commands[key]();
    else return;
    event.preventDefault();
  });

  // Any element with data-conversation="ID", on any tab, opens that conversation in the History tab: its id goes into
  // the hidden box #open-conversation, with a number behind it, so that to open the same one again is a change.
  let opened = 0;
  const putInto = (name, words) => {
    const box = document.querySelector(`#${name} textarea, #${name} input`);
    if (!box) return;
    box.value = `${words} ${++opened}`;
    box.dispatchEvent(new InputEvent("input", { bubbles: true }));
  };
  const open = (id) => {
    if (!id) return;
    document.querySelectorAll("#history-list [data-conversation]").forEach((row) =>
      row.dataset.conversation === id ? row.setAttribute("aria-current", "true") : row.removeAttribute("aria-current"));
    putInto("open-conversation", id);
  };

  // What the address names is opened: at first, and when somebody goes back or on. Tabs that have an address write it themselves.
  const inAddress = (name) => new URLSearchParams(location.search).get(name);
  document.addEventListener("open-address", () => {
    if (inAddress("lang")) {           // the page is in it by now; another one may be chosen here
      const address = new URL(location);
      address.searchParams.delete("lang");
      history.replaceState(history.state, "", address);
    }
    open(inAddress("conversation"));
    if (inAddress("tab")) putInto("open-address", location.search);
  });
  window.addEventListener("popstate", () =>
    inAddress("conversation") ? open(inAddress("conversation")) : putInto("open-address", location.search || "?"));

  // The same for data-suite-case="SUITE CASE" and the form of that case.
  const openCase = (link) => {
    const box = document.querySelector("#open-suite-case textarea, #open-suite-case input");
    if (!box) return;
    box.value = `${link} ${++opened}`;
    box.dispatchEvent(new InputEvent("input", { bubbles: true }));
  };

  // The page has a <base>, so that a chart clips its curves by the address that it was drawn at: when that changes,
  // they would vanish. https://github.com/plotly/plotly.js/blob/master/src/components/drawing/index.js, setClipUrl
  const keepCharts = () => {
    const here = location.href.split("#")[0];
    document.querySelectorAll(".js-plotly-plot").forEach((chart) => {
      if (chart._context) chart._context._baseUrl = here;
      chart.querySelectorAll("[clip-path]").forEach((part) =>
        part.setAttribute("clip-path", part.getAttribute("clip-path").replace(/^url\(['"]?[^#]*#([^'")]*)['"]?\)$/, `url('${here}#$1')`)));
    });
  };
  ["pushState", "replaceState"].forEach((name) => {
    const change = history[name];
    history[name] = function (...how) { change.apply(this, how); keepCharts(); };
  });
  window.addEventListener("popstate", keepCharts);

  const copyLink = async (button) => {
    const link = new URL(`?conversation=${button.dataset.copy}`, location.href).href;
    try { await navigator.clipboard.writeText(link); } catch { return window.prompt(button.textContent, link); }
    button.textContent = button.dataset.copied;
  };

  document.addEventListener("click", (event) => {
    const conversation = event.target.closest?.("[data-conversation]");
    if (conversation && !event.ctrlKey && !event.metaKey && !event.shiftKey) {   // a new tab opens its address
      event.preventDefault();
      return open(conversation.dataset.conversation);
    }
    const suiteCase = event.target.closest?.("[data-suite-case]");
    if (suiteCase) {
      event.preventDefault();
      return openCase(suiteCase.dataset.suiteCase);
    }
    const copy = event.target.closest?.("[data-copy]");
    if (copy) return copyLink(copy);
    const choice = event.target.closest?.(".switcher [data-show]");
    if (choice) return focus(Number(choice.dataset.show));
    if (event.target.closest?.("#theme-toggle")) {
      document.body.classList.toggle("dark");
      try { localStorage.setItem("comparer-theme", document.body.classList.contains("dark") ? "dark" : "light"); } catch {}
      ["insight-redraw", "drift-redraw"].forEach((id) => byId(id)?.click());   // charts are drawn for one ground
      return;
    }
    if (event.target.closest?.("#send")) document.activeElement?.blur?.();
    const head = event.target.closest?.(".col-head");
    if (head) focus(Number(head.dataset.column));
    const tool = event.target.closest?.(".expand");
    if (tool) tool.closest(".model-column").classList.toggle("wide");
  });

  // Gradio leaves the field of a day and the button of its calendar without a name: they take the label above them.
  const nameDays = () => document.querySelectorAll(".timebox:not([data-named])").forEach((box) => {
    const block = box.closest(".block"), label = block?.querySelector("[data-testid=block-info]");
    if (!label || !block.id) return;
    label.id = `${block.id}-label`;
    box.querySelectorAll("input, button").forEach((part) => part.setAttribute("aria-labelledby", label.id));
    box.querySelector("button")?.setAttribute("aria-haspopup", "dialog");
    box.dataset.named = "";
  });

  // What scrolls and has nothing inside that takes the focus takes it itself, so that arrow keys move it in any browser.
  const SCROLLS = [".fit-scroll", ".read-answers", ".suite.broken", ".queue-card > .read-text",
    ":is(.read-text, .card-body) :is(pre, table)"].map((one) => `${one}:not([data-measured])`).join();
  const measured = new ResizeObserver((changes) => changes.forEach(({ target }) => {
    const hides = target.scrollWidth > target.clientWidth + 1 || target.scrollHeight > target.clientHeight + 1;
    const scrolls = hides && !target.querySelector("a[href], button, input, select, textarea, summary");
    if (scrolls) target.tabIndex = 0; else target.removeAttribute("tabindex");
  }));
  const measureScrolling = () => document.querySelectorAll(SCROLLS).forEach((one) => {
    one.dataset.measured = "";
    measured.observe(one);
  });

  // The server redraws the switcher with every update: keep the choice that was made here.
  new MutationObserver(() => {
    nameDays();
    measureScrolling();
    const pressed = document.querySelector('.switcher [aria-pressed="true"]');
    if (pressed && Number(pressed.dataset.show) !== focused) focus(focused);
    const name = document.querySelector("#brand h1");
    if (name && document.documentElement.lang !== name.dataset.language) {
      document.documentElement.lang = name.dataset.language;
      document.title = name.textContent;
    }
  }).observe(document.documentElement, { childList: true, subtree: true });

  try {
    const theme = localStorage.getItem("comparer-theme");
    if (theme && !new URLSearchParams(location.search).has("__theme")) document.body.classList.toggle("dark", theme === "dark");
  } catch {}
})();
