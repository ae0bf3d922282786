// Tables that are gone through with the arrow keys: one row is chosen, and its keys are those of its buttons. A filter
// stays when the table is made anew, and a row that it hides is not chosen.

let chosen = "";
let wanted = { text: "", ids: null };

const all = () => [...document.querySelectorAll("[data-rows] tbody tr[data-row]")];
const rows = () => all().filter((row) => !row.hidden);

function mark() {
  for (const row of document.querySelectorAll("[data-rows] tr[data-row]")) {
    const is = row.dataset.row === chosen && !row.hidden;
    row.classList.toggle("chosen", is);
    if (is) row.setAttribute("aria-selected", "true"); else row.removeAttribute("aria-selected");
  }
}

// After the list was made anew the same rows are seen, and the same one stays chosen, as long as it is there.
export function keepRow() {
  for (const row of all()) {
    row.hidden = !row.textContent.includes(wanted.text) || (wanted.ids !== null && !wanted.ids.has(row.dataset.row));
  }
  if (chosen && !rows().some((row) => row.dataset.row === chosen)) chosen = "";
  mark();
}

// Goes up or down; tells whether there is a list.
export function moveRow(step) {
  const seen = rows();
  if (seen.length === 0) return false;
  const at = seen.findIndex((row) => row.dataset.row === chosen);
  choose(seen[at < 0 ? (step > 0 ? 0 : seen.length - 1) : Math.min(Math.max(at + step, 0), seen.length - 1)]);
  return true;
}

function choose(row) {
  chosen = row.dataset.row;
  mark();
  row.scrollIntoView({ block: "nearest" });
}

export const rowControl = (key) =>
  document.querySelector(`[data-rows] tr.chosen:not([hidden]) [data-key-row="${key}"]:not(:disabled)`);

// Only the rows with that text.
export function filter(text) {
  wanted = { text, ids: null };
  keepRow();
}

// Only these rows, of which the first is chosen. Tells whether there is one.
export function only(ids) {
  wanted = { text: "", ids: new Set(ids) };
  chosen = "";
  keepRow();
  const first = rows()[0];
  if (first) choose(first);
  return first !== undefined;
}

// Another page: all rows of it.
export function everyRow() {
  wanted = { text: "", ids: null };
  chosen = "";
}
