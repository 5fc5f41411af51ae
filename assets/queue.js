// The rating queue (Test suites -> Rate). Runs when its panel is there, with `element`, `server` and `watch` from Gradio.
// A key shows the next answer at once; ratings travel behind it, and this browser keeps each until it is on disk.
const UNSENT = "comparer-unsent-ratings", REFERENCE = "comparer-reference-answers";
const AHEAD = 6, AT_ONCE = 20, AGAIN_MS = 1000, LONGEST_PAUSE_MS = 120_000, MOST_PAUSED_MS = 30_000, NOTHING_MS = 10_000;

const FLASH = { accept: "#15803d", refuse: "#b91c1c", skip: "#64748b", undo: "#64748b" };

const read = (name, otherwise) => { try { return JSON.parse(localStorage.getItem(name)) ?? otherwise; } catch { return otherwise; } };
const write = (name, value) => { try { localStorage.setItem(name, JSON.stringify(value)); } catch {} };

// Gradio may put the panel up anew, and run this again: what somebody has done so far is the page's, not the panel's.
const kept = (window.comparerQueue ??= {
  run: "", coming: [], current: null, reviewerAsked: null,
  done: [],                          // what was rated or skipped, the last one at the end
  skipped: new Set(), verdicts: new Map(), noted: new Set(), pictures: new Map(), moments: [],
});
const { done, skipped, verdicts, noted, pictures, moments } = kept;
let { run, coming, current, reviewerAsked } = kept;
let message = "", empty = "", more = true;
let unsent = read(UNSENT, []), sending = [], failures = 0;
let asking = false, askAgain = null, askAt = 0, cardsIn = "";
const keysMade = new Set(unsent.map((one) => one.key));   // another tab's unsent ratings are its own
unsent.forEach((one) => noted.add(one.answer));

const root = () => element.querySelector(".queue");
const slot = (name) => element.querySelector(`[data-slot="${name}"]`);
const language = () => root().dataset.language;
const reviewer = () => document.querySelector("#reviewer input, #reviewer textarea")?.value.trim() ?? "";
const say = (name, values = {}) =>
  JSON.parse(root().dataset.words)[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
const shown = () => element.isConnected && root()?.offsetParent != null;

// --- what is shown ------------------------------------------------------------------------------------

const put = (name, words) => {
  const place = slot(name);
  place.textContent = words;
  place.hidden = !words;
};

const show = () => {
  if (!root()) return;
  Object.assign(kept, { run, coming, current, reviewerAsked });
  const verdict = current && verdicts.get(current.id);
  slot("body").hidden = !current;
  slot("bar").hidden = !current && !done.length;
  put("empty", current ? "" : nothingToShow());
  if (slot("card").dataset.answer !== (current?.id ?? "")) showCard();
  for (const act of ["accept", "refuse"]) {
    element.querySelector(`[data-act="${act}"]`).setAttribute("aria-pressed", String(!!verdict && verdict.acceptable === (act === "accept")));
    element.querySelector(`[data-act="${act}"]`).disabled = !current;
  }
  element.querySelector('[data-act="skip"]').disabled = !current;
  element.querySelector('[data-act="undo"]').disabled = !done.length;
  element.querySelector('[data-act="reference"]').checked = withReference();
  root().classList.toggle("without-reference", !withReference());
  put("message", message);
  showWhy();
  showCounts();
};

const nothingToShow = () => {
  if (more) return say("fetching");
  return skipped.size ? `${empty} ${say("only_skipped", { count: skipped.size })}` : empty;
};

const showCard = () => {
  const card = slot("card"), open = card.querySelector("details")?.open;
  card.dataset.answer = current?.id ?? "";
  card.innerHTML = current?.html ?? "";                 // the server has escaped it
  const earlier = card.querySelector("details");
  if (earlier && open) earlier.open = true;
  slot("pictures").replaceChildren(...(current?.pictures ?? []).map((sha256, number) => {
    if (!pictures.get(sha256)) return Object.assign(document.createElement("p"), { className: "col-note", textContent: say("picture_gone") });
    const button = Object.assign(document.createElement("button"), { type: "button", onclick: () => enlarge(number) });
    button.append(Object.assign(pictures.get(sha256).cloneNode(), { alt: current.alt }));
    return button;
  }));
  slot("pictures").hidden = !current?.pictures.length;
};

// Reasons and a note belong to the answer on screen when it has a verdict, otherwise to the one before.
const explained = () => {
  const one = current && verdicts.has(current.id) ? current : done.at(-1);
  const verdict = one && verdicts.get(one.id);
  return verdict && !verdict.acceptable ? one : null;
};

const showWhy = () => {
  const one = explained(), verdict = one && verdicts.get(one.id);
  slot("why").hidden = !one;
  slot("about").textContent = one ? say(one === current ? "why_this" : "why_last") : "";
  for (const button of slot("why").querySelectorAll("[data-reason]"))
    button.setAttribute("aria-pressed", String(!!verdict?.reasons.includes(button.dataset.reason)));
  if (document.activeElement !== slot("note")) slot("note").value = verdict?.note ?? "";
};

const showCounts = () => {
  const waiting = new Set([...unsent, ...sending].map((one) => one.answer)).size;
  const saved = slot("saved");
  saved.textContent = noted.size ? say("saved", { saved: noted.size - waiting, noted: noted.size }) : "";
  saved.classList.toggle("waiting", waiting > 0);
  const pace = perMinute();
  slot("session").textContent = noted.size
    ? [say("session", { count: noted.size }), pace && say("pace", { pace })].filter(Boolean).join(" · ") : "";
};

const perMinute = () => {            // of the last twenty; whoever goes for coffee is not slow
  const recent = moments.slice(-20);
  const gaps = recent.slice(1).map((moment, number) => Math.min(moment - recent[number], LONGEST_PAUSE_MS));
  return gaps.length < 2 ? "" : (gaps.length / (gaps.reduce((sum, gap) => sum + gap, 0) / 60_000)).toFixed(1);
};

const flash = (act, words) => {
  const place = slot("noted"), button = element.querySelector(`.queue-acts [data-act="${act}"]`);
  place.textContent = words;
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) button.animate({ background: [FLASH[act], "transparent"] }, 450);
  place.dataset.said = act;
};

const tell = (words) => { message = words; show(); };
const withReference = () => read(REFERENCE, true);

// --- what somebody does -------------------------------------------------------------------------------

const goOn = () => {
  current = coming.shift() ?? null;
  show();
  slot("card").focus({ preventScroll: true });
  const seen = slot("body").getBoundingClientRect();
  if (seen.top < 0 || seen.bottom > innerHeight - slot("bar").offsetHeight) slot("body").scrollIntoView({ block: "start" });
  if (coming.length < AHEAD) refresh();
};

const rate = (acceptable) => {
  if (!current) return;
  const earlier = verdicts.get(current.id), same = earlier?.acceptable === acceptable;
  verdicts.set(current.id, same ? earlier : { acceptable, reasons: [], note: "" });
  noted.add(current.id);
  moments.push(performance.now());
  message = "";
  note(current);
  done.push(current);
  flash(acceptable ? "accept" : "refuse", say(acceptable ? "accepted" : "refused"));
  goOn();
  send();
};

const skip = () => {
  if (!current) return;
  if (!verdicts.has(current.id)) skipped.add(current.id);
  done.push(current);
  flash("skip", say("skipped"));
  goOn();
};

const undo = () => {
  if (!done.length) return;
  if (current) coming.unshift(current);
  current = done.pop();
  skipped.delete(current.id);
  const verdict = verdicts.get(current.id);
  flash("undo", verdict ? say(verdict.acceptable ? "was_accepted" : "was_refused") : "");
  show();
};

const giveReason = (reason) => {
  const one = explained();
  if (!one) return;
  const verdict = verdicts.get(one.id);
  verdict.reasons = verdict.reasons.includes(reason) ? verdict.reasons.filter((each) => each !== reason) : [...verdict.reasons, reason];
  note(one);
  show();
  send();
};

let written = null;                  // the answer that the note is being written about
const keepNote = () => {
  const verdict = written && verdicts.get(written.id), words = slot("note").value.trim();
  if (verdict && !verdict.acceptable && verdict.note !== words) {
    verdict.note = words;
    note(written);
    send();
  }
  written = null;
};

const toggleReference = () => { write(REFERENCE, !withReference()); show(); };
const toggleHelp = () => {
  slot("help").hidden = !slot("help").hidden;
  element.querySelector('[data-act="help"]').setAttribute("aria-expanded", String(!slot("help").hidden));
};

const enlarge = async (number) => {
  const large = slot("large"), image = large.querySelector("img"), answer = current;
  if (!answer || number >= answer.pictures.length) return large.close();
  Object.assign(image, { src: pictures.get(answer.pictures[number])?.src ?? "", alt: answer.alt });
  large.dataset.number = number;
  if (!large.open) large.showModal();
  const result = await server.enlarge({ language: language(), run: answer.run, answer: answer.id, picture: number });
  if (result?.address && answer === current && Number(large.dataset.number) === number) image.src = result.address;
};

// --- to the server and back ---------------------------------------------------------------------------

// The rating of an answer that waits to be sent; one that still waits is replaced, so that the last word is sent once.
const note = (answer) => {
  const verdict = verdicts.get(answer.id);
  const entry = { key: crypto.randomUUID?.() ?? `${Math.random()}`.slice(2), run: answer.run, answer: answer.id, reviewer: reviewer(), ...verdict };
  keysMade.add(entry.key);
  const waiting = unsent.findIndex((one) => one.answer === answer.id && one.reviewer === entry.reviewer);
  if (waiting >= 0) unsent[waiting] = entry; else unsent.push(entry);
  remember();
};

const remember = () => write(UNSENT, [...read(UNSENT, []).filter((one) => !keysMade.has(one.key)), ...sending, ...unsent]);

const send = async () => {
  if (sending.length || !unsent.length) return;
  sending = unsent.splice(0, AT_ONCE);
  const result = await server.keep({ language: language(), ratings: sending });
  const sent = sending;
  sending = [];
  if (!result?.saved) {              // the network, the server, or a page that is older than the server
    const newer = (one) => unsent.some((other) => other.answer === one.answer && other.reviewer === one.reviewer);
    unsent = [...sent.filter((one) => !newer(one)), ...unsent];   // the last word on an answer is sent once
    remember();
    setTimeout(send, Math.min(1000 * 2 ** failures++, MOST_PAUSED_MS));
    return tell(result?.error ?? say("offline", { count: unsent.length }));
  }
  if (failures) message = "";
  failures = 0;
  for (const refusal of result.refused) giveBack(sent.find((one) => one.key === refusal.key), refusal);
  remember();
  show();
  refresh(coming.length < AHEAD ? 0 : AGAIN_MS);
  send();
};

const giveBack = (entry, { sentence, gone }) => {
  message = gone ? sentence : say("not_saved", { sentence });
  noted.delete(entry.answer);
  const place = done.findIndex((one) => one.id === entry.answer);
  const [answer] = place >= 0 ? done.splice(place, 1) : [];
  if (gone) verdicts.delete(entry.answer);
  else if (answer) {                 // shown again, with what was said of it
    if (current) coming.unshift(current);
    current = answer;
  }
};

// What comes next, as the table stands now. The answer on screen stays; ratings on their way count as given.
const refresh = (pause = 0) => {
  const at = performance.now() + pause;
  if (askAgain && askAt <= at) return;
  clearTimeout(askAgain);
  askAt = at;
  askAgain = setTimeout(ask, pause);
};

const ask = async () => {
  askAgain = null;
  if (asking) return refresh(100);
  asking = true;
  const name = reviewer(), wanted = run, spoken = language();
  const held = [...sending, ...unsent].filter((one) => one.reviewer === name).map((one) => one.answer);
  if (current && spoken === cardsIn) held.push(current.id);
  const result = await server.upcoming({
    language: spoken, run: wanted, reviewer: name, noted: held,
    skipped: [...skipped], pictures: [...pictures.keys()].slice(-500),
  });
  asking = false;
  if (!element.isConnected) return;
  if (!result || result.error) {
    if (!coming.length) refresh(5000);
    return tell(result?.error ?? say("offline", { count: unsent.length }));
  }
  if (name !== reviewer() || wanted !== run || spoken !== language()) return refresh();
  reviewerAsked = name;
  cardsIn = spoken;
  take(result, new Set(held));
};

const take = (result, held) => {
  run = result.run;
  more = result.left > result.answers.length;
  empty = result.empty;
  for (const [sha256, address] of Object.entries(result.pictures))   // decoded before it is seen
    pictures.set(sha256, address && Object.assign(new Image(), { src: address }));
  const again = new Map(result.answers.map((one) => [one.id, one]));
  const rated = (one) => noted.has(one.id) || one.id === current?.id || skipped.has(one.id);
  // Undone, not saved, or on screen when the server was asked: it has left them out.
  const returned = coming.filter((one) => verdicts.has(one.id) || held.has(one.id));
  coming = [...returned, ...result.answers.filter((one) => !rated(one) && !returned.some(({ id }) => id === one.id))];
  if (current && again.has(current.id)) {               // in another language
    Object.assign(current, again.get(current.id));
    slot("card").dataset.answer = "";
  }
  if (!current) current = coming.shift() ?? null;
  slot("progress").innerHTML = result.progress;
  const choice = slot("runs");
  choice.replaceChildren(...result.runs.map(([id, words]) => new Option(words, id, false, id === run)));
  choice.closest("label").hidden = !result.runs.length;
  show();
  if (!current && shown()) refresh(NOTHING_MS);          // a run may be going on
};

const startOver = () => {
  more = true;
  coming = [];
  current = null;
  done.length = 0;
  verdicts.clear();
  skipped.clear();
  message = "";
  refresh();
  show();
};

// --- events -------------------------------------------------------------------------------------------

const acts = { accept: () => rate(true), refuse: () => rate(false), skip, undo, help: toggleHelp };
const keys = {
  a: acts.accept, n: acts.refuse, s: skip, u: undo, r: toggleReference, "?": toggleHelp, "？": toggleHelp,
  z: () => enlarge(slot("large").open ? Number(slot("large").dataset.number) + 1 : 0),
  w: () => explained() && slot("note").focus(),
  enter: () => current && verdicts.has(current.id) && skip(),
};

const pressed = (event) => {
  if (!element.isConnected) return document.removeEventListener("keydown", pressed);
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat || !shown()) return;
  const key = event.key.toLowerCase(), target = event.target;
  if (target === slot("note")) {
    if (key !== "enter" && key !== "escape") return;
    if (key === "escape") target.value = verdicts.get(written?.id)?.note ?? "";
    slot("card").focus({ preventScroll: true });   // leaving the note keeps it
    return event.preventDefault();
  }
  if (target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable=true], [role=listbox]")) return;
  if (slot("large").open && key !== "z") return;
  const reason = /^[1-5]$/.test(key) && slot("why").querySelectorAll("[data-reason]")[Number(key) - 1];
  if (reason) giveReason(reason.dataset.reason);
  else if (key === "enter" && target.closest?.("button, a, summary, [role=tab], label")) return;
  else if (keys[key]) keys[key]();
  else return;
  event.preventDefault();
};
document.addEventListener("keydown", pressed);

element.addEventListener("click", (event) => {
  const reason = event.target.closest("[data-reason]");
  if (reason) return giveReason(reason.dataset.reason);
  if (event.target.closest('[data-slot="large"]')) return slot("large").close();
  acts[event.target.closest("button[data-act]")?.dataset.act]?.();
});
element.addEventListener("change", (event) => {
  if (event.target.matches('[data-act="reference"]')) toggleReference();
  if (!event.target.matches('[data-slot="runs"]')) return;
  run = event.target.value;
  event.target.blur();
  startOver();
});
element.addEventListener("focusin", (event) => { if (event.target === slot("note")) written = explained(); });
element.addEventListener("focusout", (event) => { if (event.target === slot("note")) keepNote(); });

// Somebody else's ratings are another queue; another language, the same one in other words.
const renamed = (event) => {
  if (!element.isConnected) return document.removeEventListener("focusout", renamed);
  if (!event.target.closest?.("#reviewer") || reviewerAsked === null || reviewer() === reviewerAsked) return;
  noted.clear();
  moments.length = 0;
  startOver();
};
document.addEventListener("focusout", renamed);
// Ratings on their way survive all the same; but they are sent again only once somebody opens the queue.
const leaving = (event) => {
  if (!element.isConnected) return window.removeEventListener("beforeunload", leaving);
  if (sending.length || unsent.length) event.preventDefault();
};
window.addEventListener("beforeunload", leaving);
watch("value", () => {
  slot("card").dataset.answer = "";
  show();
  if (reviewerAsked !== null) refresh();
});

new IntersectionObserver((seen) => { if (seen.at(-1).isIntersecting) refresh(); }).observe(element);
show();
send();
