// J and K go through the inbox. Without them it is a list of links.

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  const by = { j: 1, k: -1 }[event.key.toLowerCase()];
  if (!by) return;
  const entries = [...document.querySelectorAll("a.inbox-entry")];
  const at = entries.findIndex((entry) => entry.getAttribute("aria-current"));
  // Behind the last one comes the next page.
  const next = at < 0 ? entries[0] : entries[at + by] ?? (by > 0 && document.querySelector(".inbox a[rel=next]"));
  if (next) { event.preventDefault(); next.click(); }
});

// The chosen one is in sight.
document.querySelector("a.inbox-entry[aria-current]")?.scrollIntoView({ block: "nearest" });
