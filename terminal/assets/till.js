// The till's page: shows what the terminal says, and turns keys and scans into its requests. The terminal decides.

import { KeyStream, charOf } from "./keys.js";
import { play } from "./sound.js";

const REGIONS = ["bar", "banner", "main", "keys", "dialog"];
const shown = {};
const place = { page: "till", dialog: "" };
let token = null;
let clock = { at: 0, since: 0 };
let acting = 0;
let byTab = false;
let lost = false;
let wanted = 0;

const $ = (selector, root = document) => root.querySelector(selector);
const setting = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private window */ } };

// ---- showing

function notice(message, next = "") {
  const box = $("#notice");
  box.replaceChildren();
  if (message) {
    const strong = document.createElement("b");
    strong.textContent = message;
    const step = document.createElement("span");
    step.textContent = next;
    box.append(strong, step);
  }
  box.hidden = !message;
}

// Puts a region in place without losing what is being typed there.
function swap(name, html) {
  if (shown[name] === html) return;
  const region = document.getElementById(name);
  const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
  const typed = new Map([...region.querySelectorAll("input[id]:not([type=hidden]):not([type=radio])")]
    .filter((input) => !input.readOnly).map((input) => [input.id, input.value]));
  const first = shown[name] === undefined;
  shown[name] = html;
  region.innerHTML = html;
  for (const [id, value] of typed) {
    const input = document.getElementById(id);
    if (input && region.contains(input) && !input.readOnly && !first) input.value = value;
  }
  const back = focused && document.getElementById(focused);
  const start = $("[data-focus]", region);
  if (back && region.contains(back) && !back.readOnly) back.focus();
  else if (start) start.focus();
  else if (focused) document.activeElement?.blur?.();
}

async function refresh() {
  const mine = ++wanted;
  const query = new URLSearchParams({ page: place.page });
  if (place.dialog) query.set("dialog", place.dialog);
  const response = await fetch(`/view?${query}`, { headers: { accept: "application/json" } });
  const view = await response.json();
  if (mine !== wanted) return;
  if (!response.ok) { notice(view.message, view.next); return; }
  place.page = view.page;
  const cleared = view.token !== token && view.stage === "idle";
  if (cleared && $("#manual")) $("#manual").value = "";
  for (const name of REGIONS) swap(name, view.regions[name]);
  clock = { at: view.at, since: performance.now() };
  if (token !== null && view.token !== token) play(view.stage);
  token = view.token;
  document.body.dataset.stage = view.stage;
  remember();
  if (place.page === "close") sumUp();
  if (lost) { lost = false; notice(""); }
}

function tick() {
  const face = $("#clock");
  if (!face || !clock.at) return;
  const now = new Date(clock.at + (performance.now() - clock.since) + 8 * 3600 * 1000);
  face.textContent = now.toISOString().slice(11, 16);
}

// ---- acting

async function post(path, body = {}) {
  acting += 1;
  try {
    const response = await fetch(path, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) notice(answer.message ?? String(response.status), answer.next ?? "");
    return response.ok ? answer : null;
  } catch {
    losing();
    return null;
  } finally {
    acting -= 1;
  }
}

function losing() {
  lost = true;
  notice(document.body.dataset.lost, document.body.dataset.lostNext);
}

async function act(path, body) {
  notice("");
  const answer = await post(path, body);
  if (answer && path !== "/api/tender" && place.page === "till") place.dialog = "";
  await refresh().catch(losing);
  return answer;
}

async function scan(code) {
  if (place.page !== "till" || place.dialog) { place.page = "till"; place.dialog = ""; }
  const manual = $("#manual");
  if (manual) manual.value = "";
  await act("/api/scan", { code });
}

// Yuan as typed to fen; null when it is none.
function fen(text) {
  const match = /^(\d{1,6})(?:[.。](\d{1,2}))?$/.exec(text.trim());
  return match ? Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0")) : null;
}

function pieces(form) {
  const count = {};
  for (const input of form.querySelectorAll("[data-value]")) {
    const text = input.value.trim();
    if (text && !/^\d{1,6}$/.test(text)) return null;
    if (Number(text) > 0) count[input.dataset.value] = Number(text);
  }
  return count;
}

const FORMS = {
  "sign-in": (data) => ({ cashier: data.get("cashier"), pin: data.get("pin") }),
  open: (data) => {
    const float = fen(data.get("float"));
    const date = data.get("confirmed_date");
    return { float: float ?? -1, ...(date ? { confirmed_date: date } : {}) };
  },
  scan: (data) => ({ code: data.get("code") }),
  void: (data) => ({ meal: data.get("meal"), reason: data.get("reason") }),
  recount: (data) => ({ supervisor: { cashier: data.get("supervisor"), pin: data.get("pin") } }),
  count: (_, form) => ({ count: pieces(form) ?? { 0: 0 } }),
  close: (data) => ({
    reason: data.get("reason") ?? "",
    ...(data.get("supervisor") ? { supervisor: { cashier: data.get("supervisor"), pin: data.get("pin") } } : {}),
  }),
};

async function submit(form) {
  const kind = form.dataset.form;
  const missing = [...form.elements].find((input) => input.required && !input.value.trim());
  if (missing) { missing.focus(); return; }
  if (kind === "scan" && !form.elements.code.value.trim()) return;
  const body = FORMS[kind](new FormData(form), form);
  if (kind === "sign-in") keep("cashier", body.cashier);
  if (kind === "scan") { await scan(body.code); return; }
  const answer = await post(form.dataset.post, body);
  if (answer) notice("");
  if (answer && (kind === "void" || kind === "recount")) place.dialog = "";
  if (answer && kind === "close") place.page = "till";
  if (!answer) for (const secret of form.querySelectorAll("[type=password]")) secret.value = "";
  await refresh().catch(losing);
}

// Every control says what it does: a request, a page, a dialog, a setting or a text to fill in.
async function press(control) {
  const { post: path, body, page, dialog, toggle, fill } = control.dataset;
  if (path) await act(path, body ? JSON.parse(body) : {});
  else if (page !== undefined) { notice(""); place.page = page; place.dialog = ""; await refresh().catch(losing); }
  else if (dialog !== undefined) { notice(""); place.dialog = dialog; await refresh().catch(losing); }
  else if (toggle) flip(toggle);
  else if (fill) { const input = document.getElementById(fill); input.value = control.textContent; input.focus(); }
}

// ---- settings

function flip(name) {
  keep(name, setting(name) === "on" ? "off" : "on");
  if (name === "shortcuts" && setting(name) === null) keep(name, "off");
  remember();
}

const shortcuts = () => setting("shortcuts") !== "off";

function remember() {
  const asked = setting("contrast");
  const more = asked === "on" || (asked === null && matchMedia("(prefers-contrast: more)").matches);
  document.documentElement.dataset.contrast = more ? "more" : "less";
  const press = (name, on) => $(`[data-toggle="${name}"]`)?.setAttribute("aria-pressed", String(on));
  press("contrast", more);
  press("shortcuts", shortcuts());
  const last = setting("cashier");
  const choice = last && document.getElementById(`cashier-${last}`);
  if (choice && !choice.dataset.set) { choice.checked = true; choice.dataset.set = "1"; }
}

// ---- keys

const isTyping = (element) => element?.matches?.("input:not([type=radio]), textarea, select");
const NAMED = { Delete: "Del", Escape: "Escape" };

// The control of a key: the dialog's before the page's, the page's before the key bar's, the banner's last.
function controlOf(key) {
  const selector = `[data-key="${key}"]:not(:disabled)`;
  const dialog = $("#dialog");
  if (dialog.firstElementChild) return $(selector, dialog);
  return $(selector, $("#main")) ?? $(selector, $("#keys")) ?? $(selector, $("#banner"));
}

function use(key) {
  const control = controlOf(key);
  if (!control) return false;
  if (control.form && control.type === "submit") control.form.requestSubmit();
  else control.click();
  return true;
}

let before = null;

const stream = new KeyStream({
  later: (run, ms) => setTimeout(run, ms),
  cancel: (timer) => clearTimeout(timer),
  onScan: (code) => {
    // What the scanner typed into a field is taken out again.
    if (before) before.element.value = before.value;
    before = null;
    scan(code);
  },
  onChars: (chars) => {
    before = null;
    if (isTyping(document.activeElement)) return;
    const manual = !$("#dialog").firstElementChild && place.page === "till" ? $("#manual") : null;
    if (manual && /^[0-9X]+$/.test(chars)) { manual.value += chars; return; }
    if (chars.length === 1 && shortcuts()) use(chars);
  },
  // In the count, Enter goes to the next denomination; behind the last one it ends the count.
  onEnter: () => { if (acting === 0 && !moveDenomination(1)) use("Enter"); },
});

function moveDenomination(step) {
  const inputs = [...document.querySelectorAll(".notes input:not([readonly])")];
  const at = inputs.indexOf(document.activeElement);
  if (at < 0 || !inputs[at + step]) return false;
  inputs[at + step].focus();
  inputs[at + step].select();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const { code } = event;
  if (code === "Enter" || code === "NumpadEnter") {
    // An input method's Enter only ends its own word.
    if (event.isComposing) return;
    const focused = document.activeElement;
    const onControl = byTab && focused?.matches?.("button, a, select, [tabindex]");
    if (event.repeat || acting > 0) { event.preventDefault(); return; }
    if (onControl && performance.now() >= stream.quietUntil && event.timeStamp - stream.last > 50) return;
    event.preventDefault();
    stream.enter(event.timeStamp);
    return;
  }
  byTab = code === "Tab" || (byTab && code !== "Escape" && !charOf(code));
  const char = charOf(code);
  if (char) {
    if (event.repeat) return;
    const focused = document.activeElement;
    const burst = event.timeStamp - stream.last <= 50 && stream.chars.length > 0;
    if (!burst) before = isTyping(focused) && focused.type !== "radio" ? { element: focused, value: focused.value } : null;
    stream.char(char, event.timeStamp);
    if (!isTyping(focused) && code !== "Space") event.preventDefault();
    return;
  }
  if (code === "Backspace" && !isTyping(document.activeElement) && $("#manual")) {
    $("#manual").value = $("#manual").value.slice(0, -1);
    return;
  }
  if ((code === "ArrowDown" || code === "ArrowUp") && moveDenomination(code === "ArrowDown" ? 1 : -1)) {
    event.preventDefault();
    return;
  }
  if (code === "Delete" && isTyping(document.activeElement) && document.activeElement.value) return;
  const name = NAMED[code] ?? (/^F\d+$/.test(code) ? code : null);
  if (!name) return;
  if (name === "F2" && $("#dialog").firstElementChild) { place.dialog = ""; notice(""); refresh().catch(losing); event.preventDefault(); return; }
  if (event.repeat || acting > 0) { event.preventDefault(); return; }
  if (use(name)) event.preventDefault();
}, true);

document.addEventListener("click", (event) => {
  const control = event.target.closest("[data-post], [data-page], [data-dialog], [data-toggle], [data-fill]");
  if (!control || control.tagName === "FORM" || control.disabled) return;
  if (control.form && control.type === "submit") return;
  event.preventDefault();
  // A control that was pressed keeps no focus: the next Enter belongs to the sale, not to it.
  if (!byTab) control.blur();
  if (acting === 0) press(control);
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  if (acting === 0) submit(event.target);
});

document.addEventListener("pointerdown", () => { byTab = false; });

document.addEventListener("input", (event) => {
  if (event.target.dataset?.value) sumUp();
  if (event.target.dataset?.filter !== undefined) filter(event.target.value.trim());
});

// ---- small sums and searches on the page

function sumUp() {
  const form = $("form[data-form=count]");
  if (!form) return;
  let total = 0;
  for (const input of form.querySelectorAll("[data-value]")) {
    const value = /^\d{1,6}$/.test(input.value.trim()) ? Number(input.value) * Number(input.dataset.value) : 0;
    total += value;
    input.closest("tr").querySelector("[data-sum]").textContent = money(value);
  }
  $("#counted").textContent = `¥${money(total)}`;
}

const money = (value) => (value / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

function filter(text) {
  for (const row of document.querySelectorAll(".meals tbody tr")) row.hidden = !row.textContent.includes(text);
}

// ---- the terminal tells when something is new

let coming = false;
function soon() {
  if (coming) return;
  coming = true;
  setTimeout(() => { coming = false; refresh().catch(losing); }, 20);
}

const events = new EventSource("/events");
events.addEventListener("state", soon);
events.addEventListener("error", () => setTimeout(() => { if (events.readyState !== EventSource.OPEN) losing(); }, 2000));
events.addEventListener("open", soon);
setInterval(tick, 1000);
remember();
