// Digits for a screen without a keyboard: shown once somebody touches, beside the field that wants a number.

const pad = document.getElementById("pad");
const wants = (element) => element?.matches?.("input[inputmode=numeric]:not([readonly]), input[inputmode=decimal]:not([readonly])");
// A tap is over so long after the finger has gone: its click comes behind the focus that it moves.
const TAP_MS = 300;
let touched = false;
let tapping = null;
let field = null;

// Nothing moves under a finger: the button that it meant would be somewhere else when the click comes.
function place() {
  field = wants(document.activeElement) ? document.activeElement : null;
  if (tapping !== null) return;
  pad.hidden = !touched || !field;
  document.body.classList.toggle("with-pad", !pad.hidden);
}

function type(key) {
  if (!field) return;
  if (key === "back") field.value = field.value.slice(0, -1);
  else if (field.maxLength < 0 || field.value.length < field.maxLength) field.value += key;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function tap() {
  clearTimeout(tapping);
  tapping = setTimeout(() => { tapping = null; place(); }, TAP_MS);
}

export function watchTouch() {
  document.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") { touched = true; tap(); }
    const key = event.target.closest?.("[data-pad]");
    if (!key) return;
    // The field keeps its focus.
    event.preventDefault();
    type(key.dataset.pad);
  });
  document.addEventListener("pointerup", () => { if (tapping !== null) tap(); });
  pad.addEventListener("mousedown", (event) => event.preventDefault());
  // A keyboard's Enter on a key of the pad, or a screen reader's click.
  pad.addEventListener("click", (event) => { if (event.detail === 0) type(event.target.closest("[data-pad]")?.dataset.pad); });
  document.addEventListener("focusin", place);
  document.addEventListener("focusout", () => setTimeout(place, 0));
}
