// Moving over the heat table with the keyboard. Without it every cell is a link in the order of reading.

const table = document.querySelector("table.heat");
const rows = table ? [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.querySelector("a"))) : [];
const cells = rows.flat().filter(Boolean);

const place = (link) => {
  const row = rows.findIndex((cells) => cells.includes(link));
  return row < 0 ? undefined : [row, rows[row].indexOf(link)];
};

// One cell takes part in the order of Tab; arrows go from it.
const take = (link, focus) => {
  for (const cell of cells) cell.tabIndex = cell === link ? 0 : -1;
  if (focus && link) { link.focus(); link.scrollIntoView({ block: "nearest", inline: "nearest" }); }
};

if (cells.length > 0) {
  const chosen = cells.find((cell) => cell.getAttribute("aria-current")) ?? cells.find((cell) => "differs" in cell.dataset) ?? cells[0];
  take(chosen, false);
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    const current = cells.find((cell) => cell.tabIndex === 0);
    if (event.key === "n" || event.key === "N") {
      const differing = cells.filter((cell) => "differs" in cell.dataset);
      const next = differing.find((cell) => cells.indexOf(cell) > cells.indexOf(current)) ?? differing[0];
      if (next) { event.preventDefault(); take(next, true); }
      return;
    }
    const by = step[event.key];
    if (!by || !current) return;
    const inside = event.target === document.body || table.contains(event.target);
    if (!inside) return;
    event.preventDefault();
    let [row, column] = place(current);
    do { row += by[0]; column += by[1]; } while (rows[row] && column >= 0 && column < rows[row].length && !rows[row][column]);
    if (rows[row]?.[column]) take(rows[row][column], true);
  });
  table.addEventListener("focusin", (event) => { if (cells.includes(event.target)) take(event.target, false); });
}
