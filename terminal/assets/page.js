// What the page shows: regions that the terminal makes, put in place without losing what is being typed.

import { play } from "./sound.js";
import { remember } from "./settings.js";
import { everyRow, keepRow } from "./lists.js";
import { keepCount, sumUp } from "./forms.js";
import { codeCame, isNowCharged, post } from "./api.js";
import { dropKeys } from "./turns.js";

// A terminal that does not answer is asked again after this time.
const ASK_AGAIN_MS = 1500;
const REGIONS = ["bar", "banner", "main", "keys", "dialog"];
const shown = {};
export const place = { page: "till", dialog: "" };
let token = null;
let clock = { at: 0, since: 0 };
let lost = false;
// What may have been done although its answer was lost: a sale, or another deed.
let doubt = {};
let wanted = 0;
let newest = null;

export const $ = (selector, root = document) => root.querySelector(selector);
export const inDialog = () => $("#dialog").firstElementChild !== null;

// A word to the cashier: what did not happen and what to do next, or (`good`) what was done.
export function notice(message, next = "", good = false) {
  const box = $("#notice");
  box.replaceChildren();
  if (message) {
    const strong = document.createElement("b");
    strong.textContent = message;
    const step = document.createElement("span");
    step.textContent = next;
    box.append(strong, step);
  }
  box.classList.toggle("notice-good", good);
  box.hidden = !message;
}

// What somebody chose stays chosen, whoever was remembered.
function pick(radio) {
  if (!radio) return;
  radio.checked = true;
  for (const other of document.getElementsByName(radio.name)) other.dataset.set = "1";
}

// The field that a screen begins with.
const startOf = (name, region) => $("[data-focus]", region)
  ?? (name === "dialog" ? $("input[required]:not([type=hidden])", region) : null);

function swap(name, html) {
  if (shown[name] === html) return;
  const region = document.getElementById(name);
  const held = region.contains(document.activeElement);
  const focused = held ? document.activeElement.id : "";
  const began = startOf(name, region)?.id;
  const typed = new Map([...region.querySelectorAll("input[id]:not([type=hidden]):not([type=radio])")]
    .filter((input) => !input.readOnly).map((input) => [input.id, input.value]));
  const picked = [...region.querySelectorAll("input[type=radio][id]:checked")].map((input) => input.id);
  for (const select of region.querySelectorAll("select[id]")) typed.set(select.id, select.value);
  const fresh = shown[name] === undefined || shown[name] === "";
  shown[name] = html;
  region.innerHTML = html;
  // A dialog may ask for what the page behind it asks for by the same name.
  const inside = (id) => $(`#${CSS.escape(id)}`, region);
  for (const [id, value] of typed) {
    const input = inside(id);
    if (input && !input.readOnly && !fresh) input.value = value;
  }
  if (!fresh) for (const id of picked) pick(inside(id));
  const back = focused && inside(focused);
  const start = startOf(name, region);
  if (back && !back.readOnly) back.focus();
  // Whoever has left a field does not find the keys in it because the same screen was made anew.
  else if (start && (held || !start.id || start.id !== began)) start.focus();
  else if (focused) document.activeElement?.blur?.();
}

// Shows what the terminal says now; done when that, or something newer, is on the screen.
export function refresh() {
  wanted += 1;
  newest = load(wanted);
  return newest;
}

async function load(mine) {
  const query = new URLSearchParams({ page: place.page });
  if (place.dialog) query.set("dialog", place.dialog);
  const response = await fetch(`/view?${query}`, { headers: { accept: "application/json" } });
  const view = await response.json();
  if (mine !== wanted) { await newest; return; }
  if (!response.ok) { dropKeys(); notice(view.message, view.next); return; }
  place.page = view.page;
  const cleared = view.token !== token && view.stage === "idle";
  if (cleared && $("#manual")) $("#manual").value = "";
  // Behind a dialog nothing can be reached, by Tab neither.
  const app = $(".app");
  app.inert = false;
  // The dialog first: it gives the focus to whoever opened it when it goes.
  for (const name of REGIONS) swap(name, view.regions[name]);
  app.inert = inDialog();
  clock = { at: view.at, since: performance.now() };
  if (token !== null && view.token !== token) play(view.stage);
  token = view.token;
  document.body.dataset.stage = view.stage;
  document.body.dataset.page = view.page;
  document.body.classList.toggle("training", view.training);
  delete document.body.dataset.reading;
  remember();
  keepRow();
  keepCount();
  if (place.page === "close") sumUp();
  if (lost) { lost = false; await found(); }
}

// The terminal answers again: what became of the Enter whose answer was lost.
async function found() {
  const { sale, deed } = doubt;
  doubt = {};
  if (!sale) { if (!deed) notice(""); return; }
  const answer = await post("/api/charged", { sale });
  if (!answer) { doubt = { sale }; return; }
  const { charged, chargedNext, notCharged, notChargedNext } = document.body.dataset;
  if (answer.charged) isNowCharged(sale);
  notice(answer.charged ? charged : notCharged, answer.charged ? chargedNext : notChargedNext, answer.charged);
}

// The terminal does not answer. The page says so, and what is not known, and goes on trying by itself.
export function losing({ sale = null, deed = false } = {}) {
  lost = true;
  dropKeys();
  setTimeout(() => { if (lost) show(); }, ASK_AGAIN_MS);
  delete document.body.dataset.reading;
  doubt = { sale: sale ?? doubt.sale, deed: deed || doubt.deed };
  const said = document.body.dataset;
  if (doubt.sale) notice(said.lostSale, said.lostSaleNext);
  else if (doubt.deed) notice(said.lostStep, said.lostStepNext);
  else notice(said.lost, said.lostNext);
}

export const show = () => refresh().catch(() => losing());

export function go(page, dialog = "") {
  notice("");
  if (page !== place.page) everyRow();
  place.page = page;
  place.dialog = dialog;
  return show();
}

function tick() {
  const face = $("#clock");
  if (!face || !clock.at) return;
  const now = new Date(clock.at + (performance.now() - clock.since) + 8 * 3600 * 1000);
  face.textContent = now.toISOString().slice(11, 16);
}

let coming = false;
function soon() {
  if (coming) return;
  coming = true;
  setTimeout(() => { coming = false; show(); }, 20);
}

// The terminal tells when something is new; the page asks what.
export function listen() {
  const events = new EventSource("/events");
  events.addEventListener("state", soon);
  events.addEventListener("code", (event) => codeCame(Number(event.data)));
  events.addEventListener("error", () => setTimeout(() => { if (events.readyState !== EventSource.OPEN) losing(); }, 2000));
  events.addEventListener("open", soon);
  setInterval(tick, 1000);
}
