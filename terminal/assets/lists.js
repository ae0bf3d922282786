// Tables that are gone through with the arrow keys: one row is chosen, and its keys are those of its buttons.

let chosen = "";

const rows = () => [...document.querySelectorAll("[data-rows] tbody tr[data-row]")].filter((row) => !row.hidden);

function mark() {
  for (const row of document.querySelectorAll("[data-rows] tr[data-row]")) {
    const is = row.dataset.row === chosen;
    row.classList.toggle("chosen", is);
    if (is) row.setAttribute("aria-selected", "true"); else row.removeAttribute("aria-selected");
  }
}

// After the list was made anew the same row stays chosen, as long as it is there.
export function keepRow() {
  if (chosen && !rows().some((row) => row.dataset.row === chosen)) chosen = "";
  mark();
}

// Goes up or down; tells whether there is a list.
export function moveRow(step) {
  const all = rows();
  if (all.length === 0) return false;
  const at = all.findIndex((row) => row.dataset.row === chosen);
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
  chosen = next.dataset.row;
  mark();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

export const rowControl = (key) => document.querySelector(`[data-rows] tr.chosen [data-key-row="${key}"]:not(:disabled)`);

// Only the rows with that text.
export function filter(text) {
  for (const row of document.querySelectorAll("[data-rows] tbody tr")) row.hidden = !row.textContent.includes(text);
  keepRow();
}
