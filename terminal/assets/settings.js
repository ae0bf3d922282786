// What this screen remembers of itself: contrast, single-key shortcuts, who signed in last.

export const setting = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
export const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private window */ } };
export const shortcuts = () => setting("shortcuts") !== "off";

const contrast = () => {
  const asked = setting("contrast");
  return asked === "on" || (asked !== "off" && matchMedia("(prefers-contrast: more)").matches);
};

export function flip(name) {
  const now = name === "contrast" ? contrast() : shortcuts();
  keep(name, now ? "off" : "on");
  remember();
}

export function remember() {
  document.documentElement.dataset.contrast = contrast() ? "more" : "less";
  const press = (name, on) => {
    for (const button of document.querySelectorAll(`[data-toggle="${name}"]`)) button.setAttribute("aria-pressed", String(on));
  };
  press("contrast", contrast());
  press("shortcuts", shortcuts());
  const last = setting("cashier");
  const choice = last && document.getElementById(`cashier-${last}`);
  if (choice && !choice.dataset.set) { choice.checked = true; choice.dataset.set = "1"; }
}
