// Requests to the terminal, and showing what came of them. Whoever acts does so in `work`: see turns.js.

import { losing, notice, place, show, $ } from "./page.js";
import { dropKeys } from "./turns.js";

// The sale that was charged last: another Enter for it wants what was done.
let charged = null;
export const isCharged = (sale) => sale !== null && sale === charged;

export async function post(path, body = {}) {
  try {
    const response = await fetch(path, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.ok) return answer;
    dropKeys();
    notice(answer.message ?? String(response.status), answer.next ?? "");
  } catch {
    losing();
  }
  return null;
}

// These leave a dialog or the waiting sale as it is.
const QUIET = ["/api/tender", "/api/repeat"];

export async function act(path, body) {
  notice("");
  const answer = await post(path, body);
  if (answer && path === "/api/confirm") charged = body.sale;
  if (answer && !QUIET.includes(path)) place.dialog = "";
  await show();
  return answer;
}

// A scan: for the paper list while one is open on the screen, for the elder's refunds there, else a meal.
export async function scan(code) {
  const manual = $("#manual");
  if (manual) manual.value = "";
  if (place.page === "paper" && !place.dialog && manual) return act("/api/paper/add", { code });
  if (place.page === "refunds" && !place.dialog) return ownRefunds(code);
  document.body.dataset.reading = "1";
  if (place.page !== "till" || place.dialog) { place.page = "till"; place.dialog = ""; }
  return act("/api/scan", { code });
}

async function ownRefunds(code) {
  notice("");
  const answer = await post("/api/refunds", { code });
  if (!answer) return;
  const own = new Set(answer.refunds.map((refund) => refund.id));
  for (const row of document.querySelectorAll("[data-rows] tbody tr")) row.hidden = !own.has(row.dataset.row);
  if (own.size === 0) notice($("#main h2").textContent, "0");
}
