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
