// Raw keys of a scanner or reader: what arrives, how fast, and whether the till would take it for a scan.

import { BURST_MS, charOf } from "./keys.js";

const words = document.getElementById("raw").dataset;
const put = (id, text) => { document.getElementById(id).textContent = text; };
let keys = [];

function judge() {
  const text = keys.map((key) => charOf(key.code)).join("");
  const last = keys.at(-1);
  const gaps = keys.slice(1).map((key) => key.gap);
  const widest = Math.round(Math.max(0, ...gaps));
  put("raw-text", text || "—");
  put("raw-count", String(text.length));
  put("raw-gap", gaps.length ? `${widest} ms` : "—");
  const said = [];
  if (text.length < 8) said.push(widest > BURST_MS || gaps.length === 0 ? words.hand : words.none);
  else said.push(widest <= BURST_MS ? words.yes : words.slow);
  if (text.length >= 8) said.push(/Enter$/.test(last.code) ? words.enter : words.noEnter);
  if (keys.some((key) => key.composing)) said.push(words.composing);
  put("raw-verdict", said.join(" "));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.code === "Tab" || event.code === "F5") return;
  event.preventDefault();
  const before = keys.at(-1);
  const gap = before ? event.timeStamp - before.at : 0;
  // A pause begins another reading.
  if (before && (gap > 1000 || /Enter$/.test(before.code))) keys = [];
  keys.push({ code: event.code, at: event.timeStamp, gap: keys.length ? gap : 0, composing: event.isComposing || event.key === "Process" });
  const row = document.createElement("tr");
  for (const [text, kind] of [[event.code, ""], [event.key, ""], [keys.length > 1 ? Math.round(gap) : "", "n"], [event.isComposing || event.key === "Process" ? "●" : "", ""]]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    cell.className = kind;
    row.append(cell);
  }
  const body = document.getElementById("raw-keys");
  body.prepend(row);
  while (body.children.length > 200) body.lastChild.remove();
  judge();
});
