// Requests to the terminal, and showing what came of them. Whoever acts does so in `work`: see turns.js.

import { losing, notice, place, show, $ } from "./page.js";
import { only } from "./lists.js";
import { dropKeys, inTurn, work } from "./turns.js";

// The sale that was charged last: another Enter for it wants what was done.
let charged = null;
export const isCharged = (sale) => sale !== null && sale === charged;
export const isNowCharged = (sale) => { charged = sale; };

// Without an answer for so long, the page says that it waits.
const SLOW_MS = 1500;
// A look-up that takes longer is given up by F2.
const LOOKING_MS = 300;
// A page in the background leaves a reader's code to one that is looked at.
const HIDDEN_MS = 250;
// Of these it matters whether they were done when their answer is lost.
const DEEDS = ["/api/void", "/api/refund", "/api/cash", "/api/shift/open", "/api/shift/close", "/api/paper/commit"];

function saySlow() {
  const { slow, slowNext } = document.body.dataset;
  notice(slow, slowNext);
  return () => { if ($("#notice b")?.textContent === slow) notice(""); };
}

export async function post(path, body = {}, signal = undefined) {
  let unsay = () => {};
  const slow = setTimeout(() => { unsay = saySlow(); }, SLOW_MS);
  try {
    const response = await fetch(path, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal,
    });
    const answer = await response.json();
    unsay();
    if (response.ok) return answer;
    dropKeys();
    notice(answer.message ?? String(response.status), answer.next ?? "");
  } catch {
    unsay();
    // What F2 gave up is no trouble.
    if (!signal?.aborted) losing({ sale: path === "/api/confirm" ? body.sale : null, deed: DEEDS.includes(path) });
  } finally {
    clearTimeout(slow);
  }
  return null;
}

// These leave a dialog or the waiting sale as it is.
const QUIET = ["/api/tender", "/api/repeat"];

export async function act(path, body, signal) {
  notice("");
  const answer = await post(path, body, signal);
  if (answer && path === "/api/confirm") charged = body.sale;
  if (answer && !QUIET.includes(path)) place.dialog = "";
  await show();
  return answer;
}

let looking = null;

// F2 does not wait for the office to say whose number was scanned.
export function stopLooking() {
  if (looking && performance.now() - looking.since > LOOKING_MS) looking.controller.abort();
}

// A scan: for the paper list while one is open on the screen, for the elder's refunds there, else a meal.
export async function scan(code) {
  const manual = $("#manual");
  if (manual) manual.value = "";
  if (place.page === "paper" && !place.dialog && manual) return act("/api/paper/add", { code });
  if (place.page === "refunds" && !place.dialog) return ownRefunds(code);
  document.body.dataset.reading = "1";
  if (place.page !== "till" || place.dialog) { place.page = "till"; place.dialog = ""; }
  const mine = { controller: new AbortController(), since: performance.now() };
  looking = mine;
  try {
    return await act("/api/scan", { code }, mine.controller.signal);
  } finally {
    if (looking === mine) looking = null;
  }
}

async function ownRefunds(code) {
  notice("");
  const answer = await post("/api/refunds", { code });
  if (!answer) return;
  if (!only(answer.refunds.map((refund) => refund.id))) notice($("#main h2").textContent, "0");
}

// A reader with a line of its own has read something: the first page that asks gets it.
export async function codeCame(number) {
  if (document.hidden) await new Promise((done) => { setTimeout(done, HIDDEN_MS); });
  const answer = await post("/api/code", { number });
  if (answer?.code) inTurn(() => work(() => scan(answer.code)), false);
}
