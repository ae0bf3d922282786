// What a keyboard adds to the pages; they are complete without it.

const typing = (target) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    const open = document.querySelector("details.pick[open]");
    if (open) { open.removeAttribute("open"); open.querySelector("summary").focus(); return; }
    const close = document.querySelector("[data-close]");
    if (close && !typing(event.target)) { close.click(); }
    return;
  }
  if (event.key === "/" && !typing(event.target)) {
    const search = document.querySelector(".search input");
    if (search) { event.preventDefault(); search.focus(); search.select(); }
  }
});

// On a narrow screen the rail lies at the foot and is longer than it: where one is stands in its middle.
const here = document.querySelector(".rail [aria-current]");
if (here) here.parentElement.scrollLeft = here.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2;

// A menu closes when something else is taken.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.pick[open]")) {
    if (!open.contains(event.target)) open.removeAttribute("open");
  }
});

// Nothing is sent twice by an impatient hand; the server would refuse it, but the page should not ask.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  window.addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
});

// A head sorts what is listed. The order stands in the address, so that a link and the way back show the same.
const figure = (text) => {
  const plain = text.replace(/[¥,%\s▲▼+]/g, "").replace("−", "-");
  return plain === "" || plain === "—" ? null : Number(plain);
};
const words = new Intl.Collator(document.documentElement.lang, { numeric: true });

function sortBy(table, at, down) {
  const body = table.tBodies[0];
  const key = (row) => row.cells[at].dataset.key ?? row.cells[at].textContent.trim();
  const rows = [...body.rows].map((row) => ({ row, text: key(row), figure: figure(key(row)) }));
  const figures = rows.every((one) => one.figure === null || Number.isFinite(one.figure)) && rows.some((one) => one.figure !== null);
  // What has no figure comes last, whichever way.
  const compare = (a, b) => {
    if (!figures) return down ? words.compare(b.text, a.text) : words.compare(a.text, b.text);
    if (a.figure === null || b.figure === null) return (a.figure === null) - (b.figure === null);
    return down ? b.figure - a.figure : a.figure - b.figure;
  };
  body.append(...rows.sort(compare).map((one) => one.row));
  [...table.tHead.rows[0].cells].forEach((head, n) => {
    if (n === at) head.setAttribute("aria-sort", down ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  });
}

const place = new URL(location.href);

// Filters keep the order.
const keep = (named) => {
  const form = document.querySelector("form.filters");
  const order = place.searchParams.get(named);
  if (!form || !order) return;
  const field = form.querySelector(`input[name=${named}]`) ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name: named }));
  field.value = order;
};

// Several lists of a page are sorted each by itself: `order`, `order2`, ...
[...document.querySelectorAll("table[data-sort]")].forEach((table, which) => {
  if (table.tBodies[0].rows.length < 2) return;
  const named = which === 0 ? "order" : `order${which + 1}`;
  const kept = /^(-?)(\d+)$/.exec(place.searchParams.get(named) ?? "");
  [...table.tHead.rows[0].cells].forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      // Figures begin with the largest, words with the first.
      const now = head.getAttribute("aria-sort");
      const down = now ? now === "ascending" : head.classList.contains("n");
      sortBy(table, at, down);
      place.searchParams.set(named, `${down ? "-" : ""}${at}`);
      history.replaceState(null, "", place);
      keep(named);
    });
  });
  if (kept && Number(kept[2]) < table.tHead.rows[0].cells.length) sortBy(table, Number(kept[2]), kept[1] === "-");
  keep(named);
});
