// First run: the office's address and its one-time code make this computer a terminal of the canteen.

const form = document.getElementById("enrol");
const box = document.getElementById("notice");
const words = document.body.dataset;

function notice(message, next = "") {
  box.replaceChildren();
  const strong = document.createElement("b");
  strong.textContent = message;
  const step = document.createElement("span");
  step.textContent = next;
  box.append(strong, step);
  box.hidden = !message;
}

// The wizard ends when the terminal serves its own page in its place. Between the two nobody listens for a moment.
async function ready() {
  try {
    if ((await fetch("/api/state")).ok) { location.replace("/"); return; }
  } catch {
    // Asked again below.
  }
  setTimeout(ready, 500);
}

function enrolled(answer) {
  form.hidden = true;
  document.getElementById("step-1").removeAttribute("aria-current");
  document.getElementById("step-2").setAttribute("aria-current", "step");
  document.getElementById("enrolled").hidden = false;
  document.getElementById("enrolled-text").textContent = answer.confirmed ? words.confirmed : words.waiting;
  document.getElementById("fingerprint").textContent = answer.fingerprint;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const missing = [...form.elements].find((input) => input.required && !input.value.trim());
  if (missing) { missing.focus(); return; }
  const button = form.querySelector("button");
  button.disabled = true;
  notice(words.busy);
  try {
    const body = JSON.stringify({ server: form.elements.server.value.trim(), code: form.elements.code.value.trim() });
    const response = await fetch("/api/enrol", { method: "POST", headers: { "content-type": "application/json" }, body });
    const answer = await response.json();
    if (response.ok) { notice(""); enrolled(answer); } else notice(answer.message, answer.next);
  } catch {
    notice(words.lost);
  } finally {
    button.disabled = false;
  }
});

document.querySelector("#enrolled a").addEventListener("click", (event) => { event.preventDefault(); ready(); });
document.addEventListener("keydown", (event) => {
  if (/Enter$/.test(event.code) && form.hidden) { event.preventDefault(); ready(); }
});
document.getElementById(document.getElementById("server").value ? "code" : "server").focus();
