// What the page shows: regions that the terminal makes, put in place without losing what is being typed.

import { play } from "./sound.js";
import { remember } from "./settings.js";
import { keepRow } from "./lists.js";
import { sumUp } from "./forms.js";
import { dropKeys } from "./turns.js";

// A terminal that does not answer is asked again after this time.
const ASK_AGAIN_MS = 1500;
const REGIONS = ["bar", "banner", "main", "keys", "dialog"];
const shown = {};
export const place = { page: "till", dialog: "" };
let token = null;
let clock = { at: 0, since: 0 };
let lost = false;
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

function swap(name, html) {
  if (shown[name] === html) return;
  const region = document.getElementById(name);
  const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
  const typed = new Map([...region.querySelectorAll("input[id]:not([type=hidden]):not([type=radio])")]
    .filter((input) => !input.readOnly).map((input) => [input.id, input.value]));
  const fresh = shown[name] === undefined || shown[name] === "";
  shown[name] = html;
  region.innerHTML = html;
  for (const [id, value] of typed) {
    const input = document.getElementById(id);
    if (input && region.contains(input) && !input.readOnly && !fresh) input.value = value;
  }
  const back = focused && document.getElementById(focused);
  const start = $("[data-focus]", region) ?? (name === "dialog" ? $("input[required]:not([type=hidden])", region) : null);
  if (back && region.contains(back) && !back.readOnly) back.focus();
  else if (start) start.focus();
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
  // The dialog first: it gives the focus to whoever opened it when it goes.
  for (const name of REGIONS) swap(name, view.regions[name]);
  clock = { at: view.at, since: performance.now() };
  if (token !== null && view.token !== token) play(view.stage);
  token = view.token;
  document.body.dataset.stage = view.stage;
  document.body.dataset.page = view.page;
  document.body.classList.toggle("training", view.training);
  delete document.body.dataset.reading;
  remember();
  keepRow();
  if (place.page === "close") sumUp();
  if (lost) { lost = false; notice(""); }
}

// The terminal does not answer. The page says so and goes on trying by itself.
export function losing() {
  lost = true;
  dropKeys();
  setTimeout(() => { if (lost) show(); }, ASK_AGAIN_MS);
  delete document.body.dataset.reading;
  notice(document.body.dataset.lost, document.body.dataset.lostNext);
}

export const show = () => refresh().catch(losing);

export function go(page, dialog = "") {
  notice("");
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
  events.addEventListener("error", () => setTimeout(() => { if (events.readyState !== EventSource.OPEN) losing(); }, 2000));
  events.addEventListener("open", soon);
  setInterval(tick, 1000);
}
