// Keys, scans and clicks, and what each of them does.

import { KeyStream, REST_MS, charOf } from "./keys.js";
import { act, isCharged, scan, stopLooking } from "./api.js";
import { counted, forget, moveDenomination, search, submit, sumUp } from "./forms.js";
import { filter, moveRow, rowControl } from "./lists.js";
import { flip, keep as remember, setting, shortcuts } from "./settings.js";
import { go, inDialog, notice, place, show, $ } from "./page.js";
import { busy, dropKeys, inTurn, work } from "./turns.js";

const NAMED = { Delete: "Del", Escape: "Escape" };
const isTyping = (element) => element?.matches?.("input:not([type=radio]), textarea");
let byTab = false;

// Every control says what it does: a request, a page, a dialog, a setting or a text to fill in.
const press = (control) => work(() => perform(control));

async function perform(control) {
  const { post: path, body, page, dialog, toggle, fill, then } = control.dataset;
  if (path) {
    const answer = await act(path, body ? JSON.parse(body) : {});
    if (answer && then) await go(then);
    else if (answer && path === "/api/collection" && place.page !== "till") await go("till");
  } else if (page !== undefined) await go(page);
  else if (dialog !== undefined) await go(place.page, dialog);
  else if (toggle) flip(toggle);
  else if (fill) { const input = document.getElementById(fill); input.value = control.textContent; input.focus(); }
}

// The control of a key: the dialog's before the page's, the chosen row's, the key bar's, the banner's last.
function controlOf(key) {
  const selector = `[data-key="${key}"]:not(:disabled)`;
  if (inDialog()) return $(selector, $("#dialog"));
  return $(selector, $("#main")) ?? rowControl(key) ?? $(selector, $("#keys")) ?? $(selector, $("#banner"));
}

function use(control) {
  if (control.form && control.type === "submit") control.form.requestSubmit();
  else control.click();
}

const saleOf = (control) => control?.closest("[data-sale]")?.dataset.sale ?? null;

// What a control would do here, and to which sale: only what is the same can be meant by one key.
function deed(control) {
  if (!control) return null;
  const { post: path, body, page, dialog, toggle } = control.dataset;
  const form = control.type === "submit" ? control.form : null;
  const of = form && [form.dataset.post, ...[...form.querySelectorAll("[type=hidden]")].map((input) => input.value)];
  return JSON.stringify([document.body.dataset.page, inDialog(), path, body, page, dialog, toggle, of, saleOf(control)]);
}

// A key acts when its turn comes. A function key does what its name says then; any other, Enter above all, only what it
// would have done on the screen that was looked at when it was pressed. Tells whether it is a key at all.
function key(name) {
  if (name === "F2") stopLooking();
  const control = controlOf(name);
  const seen = { deed: deed(control), sale: saleOf(control), dialog: inDialog(), function: /^F\d/.test(name) };
  const isKey = control !== null || busy() || (name === "F2" && seen.dialog);
  inTurn(() => turn(name, seen), true);
  return isKey;
}

function turn(name, seen) {
  const leaves = name === "F2" || name === "Escape";
  // The dialog that it was to leave is gone.
  if (leaves && seen.dialog && !inDialog()) return;
  if (name === "F2" && inDialog()) { work(() => go(place.page)); return; }
  const control = controlOf(name);
  const meant = seen.function ? seen.sale === null || seen.sale === saleOf(control) : seen.deed === deed(control);
  if (control && meant) { use(control); return; }
  if (seen.deed === null || isCharged(seen.sale)) return;
  dropKeys();
  notice(document.body.dataset.stale, document.body.dataset.staleNext);
}

// What the fields held before the last bursts of keys: of those that were a scan, or a piece of one, it is put back.
let kept = [];

function keep(field, at) {
  kept = kept.filter((one) => at - one.at <= 2 * REST_MS);
  if (field) kept.push({ field, value: field.value, at, composing: false });
}

function putBack(since) {
  for (const { field, value, at, composing } of kept.reverse()) {
    if (at < since) continue;
    // An input method that is in the middle of a word would write it again.
    if (composing) field.blur();
    field.value = value;
    // Whoever listens to what is typed there has heard the scan.
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  kept = [];
}

// The field that takes a number typed without looking.
const manual = () => (!inDialog() && (place.page === "till" || place.page === "paper") ? $("#manual") : null);

// The control that a key is going to press looks pressed at once.
function mark(control) {
  for (const before of document.querySelectorAll(".coming")) before.classList.remove("coming");
  control?.classList.add("coming");
}

const stream = new KeyStream({
  later: (run, ms) => setTimeout(run, ms),
  cancel: (timer) => clearTimeout(timer),
  // A hand fills in a field, which shows what it writes.
  typing: () => isTyping(document.activeElement) || (!inDialog() && $("#manual") !== null),
  sendsEnter: setting("scanner-enter") === "on",
  onAlone: (char) => {
    if (!isTyping(document.activeElement)) mark(manual() ?? (shortcuts() ? controlOf(char) : null));
  },
  onScan: (code, since) => {
    mark(null);
    if (stream.sendsEnter) remember("scanner-enter", "on");
    putBack(since);
    inTurn(() => work(() => scan(code)), false);
  },
  onChars: (chars, alone) => {
    mark(null);
    if (isTyping(document.activeElement)) return;
    const field = manual();
    if (field && /^[0-9X]+$/.test(chars)) { field.value += chars; return; }
    if (chars.length === 1 && alone && shortcuts()) key(chars);
  },
  onEnter: () => { if (!moveDenomination(1)) key("Enter"); },
});

// The reason before or behind the one that stands in its field. What a hand has written there stays.
function chooseReason(step) {
  const reasons = [...document.querySelectorAll("#dialog [data-choose] button")];
  if (reasons.length === 0 || document.activeElement?.matches?.("select, [type=radio]")) return false;
  const field = document.getElementById(reasons[0].dataset.fill);
  const at = reasons.findIndex((reason) => reason.textContent === field.value);
  if (at < 0 && field.value) return false;
  field.value = reasons[Math.min(Math.max(at + step, 0), reasons.length - 1)].textContent;
  field.focus();
  return true;
}

// An arrow goes through denominations, rows, reasons, or the choices of a dialog. Tells whether it did.
function arrow(step) {
  if (moveDenomination(step)) return true;
  if (chooseReason(step)) return true;
  if (inDialog()) {
    const choices = [...document.querySelectorAll("#dialog .choices button")];
    const at = choices.indexOf(document.activeElement);
    if (choices.length === 0 || isTyping(document.activeElement)) return false;
    choices[Math.min(Math.max(at + step, 0), choices.length - 1)].focus();
    byTab = true;
    return true;
  }
  return !isTyping(document.activeElement) || document.activeElement.type === "search" ? moveRow(step) : false;
}

// The tender beside the chosen one.
function turnTender(step) {
  const tenders = [...document.querySelectorAll("#main .tender:not(:disabled)")];
  const at = tenders.findIndex((tender) => tender.getAttribute("aria-pressed") === "true");
  if (at < 0 || inDialog() || isTyping(document.activeElement)) return false;
  const next = tenders[at + step];
  if (next && !busy()) press(next);
  return true;
}

function enter(event) {
  // An input method's Enter only ends its own word.
  if (event.isComposing && event.timeStamp - stream.last > 50) return;
  const focused = document.activeElement;
  const onControl = byTab && focused?.matches?.("button, a, select, [tabindex]");
  if (event.repeat) { event.preventDefault(); return; }
  if (onControl && performance.now() >= stream.quietUntil && event.timeStamp - stream.last > 50) {
    if (busy()) event.preventDefault();
    return;
  }
  event.preventDefault();
  stream.enter(event.timeStamp);
}

function character(event, char) {
  if (event.repeat) return;
  const focused = document.activeElement;
  const typing = isTyping(focused);
  mark(null);
  if (!stream.goesOn(event.timeStamp)) keep(typing ? focused : $("#manual"), event.timeStamp);
  if (event.isComposing && kept.length > 0) kept.at(-1).composing = true;
  stream.char(char, event.timeStamp);
  if (!typing && event.code !== "Space") event.preventDefault();
}

function named(event, name) {
  if (event.repeat || key(name)) event.preventDefault();
}

function keydown(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const { code } = event;
  // The browser's own meaning of these keys takes the keyboard away from the page, and the next scan with it.
  if (/^F([1-46-9]|10)$/.test(code)) event.preventDefault();
  if (code === "Enter" || code === "NumpadEnter") { enter(event); return; }
  byTab = code === "Tab" || code.startsWith("Arrow") && byTab || (byTab && code !== "Escape" && !charOf(code));
  const char = charOf(code);
  if (char) { character(event, char); return; }
  if (/^(F\d|Arrow|Delete|Escape|Backspace|Tab)/.test(code)) stream.settle(event.timeStamp);
  const focused = document.activeElement;
  if (code === "Backspace" && !isTyping(focused) && $("#manual")) {
    $("#manual").value = $("#manual").value.slice(0, -1);
    return;
  }
  if ((code === "ArrowDown" || code === "ArrowUp") && arrow(code === "ArrowDown" ? 1 : -1)) { event.preventDefault(); return; }
  if ((code === "ArrowRight" || code === "ArrowLeft") && turnTender(code === "ArrowRight" ? 1 : -1)) { event.preventDefault(); return; }
  if (code === "Delete" && isTyping(focused) && focused.value) return;
  const name = NAMED[code] ?? (/^F\d+$/.test(code) ? code : null);
  if (name) named(event, name);
}

// Keys that fall on the elder's display are the cashier's: whoever touched it has taken the keyboard there. Of several
// pages the one that was used last takes them.
function watchDisplay() {
  const channel = new BroadcastChannel("zhucan-keys");
  let mine = true;
  channel.addEventListener("message", ({ data }) => {
    if (data.used) mine = false;
    else if (mine) keydown({ ...data, timeStamp: data.at - performance.timeOrigin, isComposing: false, preventDefault() {} });
  });
  const use = () => { mine = true; channel.postMessage({ used: true }); };
  addEventListener("focus", use);
  if (document.hasFocus()) use();
}

export function watchKeys() {
  watchDisplay();
  document.addEventListener("keydown", keydown, true);
  document.addEventListener("click", (event) => {
    const finder = event.target.closest("[data-search]");
    if (finder) { search(finder.form); return; }
    const control = event.target.closest("[data-post], [data-page], [data-dialog], [data-toggle], [data-fill]");
    // The page itself says where it is: a click on nothing, or on the keypad, leads nowhere.
    if (!control || control === document.body || control.tagName === "FORM" || control.disabled) return;
    if (control.form && control.type === "submit") return;
    event.preventDefault();
    // A control that was pressed keeps no focus: the next Enter belongs to the sale, not to it.
    if (!byTab) control.blur();
    if (!busy()) press(control);
  });
  document.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!busy()) submit(event.target);
  });
  document.addEventListener("pointerdown", () => { byTab = false; });
  document.addEventListener("input", (event) => {
    if (event.target.dataset?.value) { counted(event.target); sumUp(); }
    if (event.target.id === "find-name" || event.target.id === "find-birth") forget();
    if (event.target.dataset?.filter !== undefined) filter(event.target.value.trim());
  });
  addEventListener("focus", () => show());
}
