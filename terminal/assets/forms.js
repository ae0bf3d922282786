// What forms send, and the small sums that are shown while one is filled in.

import { act, post, scan } from "./api.js";
import { notice, place, show, $ } from "./page.js";
import { keep } from "./settings.js";
import { work } from "./turns.js";

// Yuan as typed to fen; null when it is none.
export function fen(text) {
  const match = /^(\d{1,6})(?:[.。．](\d{1,2}))?$/.exec(text.trim());
  return match ? Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0")) : null;
}

// `19431122`, `1943-11-22`, `1943.11.22` to what the terminal reads.
function date(text) {
  const digits = text.replace(/\D/g, "");
  return digits.length === 8 ? `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}` : text.trim();
}

// Pieces of a denomination.
const COUNT = /^\d{1,6}$/;

function pieces(form) {
  const count = {};
  for (const input of form.querySelectorAll("[data-value]")) {
    const text = input.value.trim();
    if (text && !COUNT.test(text)) { input.focus(); return null; }
    if (Number(text) > 0) count[input.dataset.value] = Number(text);
  }
  return count;
}

const by = (data, who = "supervisor") => (data.get(who) ? { cashier: data.get(who), pin: data.get("pin") } : undefined);

const FORMS = {
  "sign-in": (data) => ({ cashier: data.get("cashier"), pin: data.get("pin") }),
  open: (data) => {
    const day = data.get("confirmed_date");
    return { float: fen(data.get("float")) ?? -1, ...(day ? { confirmed_date: day } : {}) };
  },
  void: (data) => ({ meal: data.get("meal"), reason: data.get("reason"), supervisor: by(data) }),
  approve: (data) => ({ supervisor: by(data) }),
  second: (data) => ({ second: by(data, "second") }),
  count: (_, form) => ({ count: pieces(form) ?? { 0: 0 } }),
  close: (data) => ({ reason: data.get("reason") ?? "", supervisor: by(data) }),
  amount: (data) => ({ amount: data.get("amount").trim() === "" ? null : fen(data.get("amount")) ?? -1 }),
  cash: (data) => {
    const amount = fen(data.get("amount")) ?? 0;
    return { amount: data.get("way") === "out" ? -amount : amount, note: data.get("note"), supervisor: by(data) };
  },
  refund: (data) => ({ due: data.get("due") }),
  "paper-open": (data) => ({ date: date(data.get("date")), period: data.get("period"), supervisor: by(data) }),
  "paper-add": (data) => ({ code: data.get("code") }),
  found: (data) => ({ elder: data.get("elder"), supervisor: by(data) }),
  menu: (data) => ({ period: data.get("period"), dishes: data.getAll("dish") }),
  why: (data) => ({ supervisor: by(data) }),
};

const CLOSES_DIALOG = new Set(["void", "approve", "second", "amount", "cash", "refund", "paper-open", "found", "menu"]);

const visible = (input) => input.offsetParent !== null;

export const submit = (form) => work(() => send(form));

async function send(form) {
  const kind = form.dataset.form;
  if (kind === "found" && !new FormData(form).get("elder")) { await find(form); return; }
  const missing = [...form.elements].find((input) => input.required && visible(input) && !input.value.trim());
  if (missing) { missing.focus(); return; }
  if (kind === "scan") {
    const code = form.elements.code.value.trim();
    if (code) await scan(code);
    return;
  }
  if (kind === "paper-add" && !form.elements.code.value.trim()) return;
  const body = FORMS[kind](new FormData(form), form);
  if (kind === "sign-in") keep("cashier", body.cashier);
  if (kind === "paper-add") { form.elements.code.value = ""; await act(form.dataset.post, body); return; }
  const answer = await post(form.dataset.post, body);
  for (const secret of form.querySelectorAll("[type=password]")) if (!answer || kind === "why") secret.value = "";
  if (!answer) { await show(); return; }
  notice("");
  if (kind === "why") { explain(answer); return; }
  if (CLOSES_DIALOG.has(kind)) place.dialog = "";
  if (kind === "close" || (kind === "found" && place.page !== "paper")) place.page = "till";
  await show();
  if (kind === "close") notice(form.dataset.done, form.dataset.doneNext, true);
}

// Elders of that name and birth date, to choose one from. Masked: whoever asks knows the name already.
export const search = (form) => work(() => find(form));

async function find(form) {
  const name = form.elements.name.value.trim();
  const birth = form.elements.birth.value.trim();
  if (!name || !birth) { (name ? form.elements.birth : form.elements.name).focus(); return; }
  const answer = await post("/api/search", { name, birth: date(birth) });
  if (!answer) return;
  notice("");
  const box = $("#found");
  const legend = box.querySelector("legend");
  box.replaceChildren(legend);
  const fill = box.dataset;
  for (const elder of answer.found) {
    const label = document.createElement("label");
    label.className = "person-choice";
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "elder", value: elder.elder });
    const text = document.createElement("span");
    text.textContent = `${elder.name}  ${fill.age.replace("{age}", elder.age)}  ${elder.female ? fill.female : fill.male}`;
    label.append(input, text);
    box.append(label);
  }
  if (answer.found.length === 0) {
    const none = document.createElement("p");
    none.textContent = fill.none;
    box.append(none);
  }
  if (answer.found.length === 1) box.querySelector("input").checked = true;
  const some = answer.found.length > 0;
  $(".then", form).hidden = !some;
  $("[data-before]", form).hidden = some;
  $("[data-after]", form).hidden = !some;
  if (some) (answer.found.length === 1 ? form.elements.pin : box.querySelector("input")).focus();
}

// Another name: whoever was found before is not meant any more.
export function forget() {
  const form = $("form[data-form=found]");
  if (!form || $(".then", form).hidden) return;
  $("#found").replaceChildren($("#found legend"));
  $(".then", form).hidden = true;
  $("[data-before]", form).hidden = false;
  $("[data-after]", form).hidden = true;
}

// Why this price, benefit by benefit.
function explain(why) {
  const box = $("#why-given");
  box.replaceChildren();
  const list = document.createElement("dl");
  const row = (label, text, not) => {
    const div = document.createElement("div");
    div.className = not ? "why-not" : "";
    div.append(Object.assign(document.createElement("dt"), { textContent: label }), Object.assign(document.createElement("dd"), { textContent: text }));
    list.append(div);
  };
  for (const line of why.given) {
    row(line.on_top ? `${line.label} ${box.dataset.top}` : line.label, `${line.on_top ? "" : "−"}¥${money(line.amount)}`, false);
  }
  if (why.given.length === 0) row(box.dataset.none, "", false);
  for (const line of why.not) row(`${box.dataset.not} ${line.label}`, line.reason, true);
  box.append(list);
  box.hidden = false;
  $(".asked-pin").hidden = true;
  for (const done of ["#dialog .dialog-text", "#dialog .primary"]) $(done).hidden = true;
}

// What was counted so far: a scan in the middle of the count leads away from it, and back to it.
const counting = new Map();

export function keepCount() {
  const open = document.querySelectorAll("form[data-form=count] [data-value]:not([readonly])");
  if (document.querySelector("form[data-form=count] [readonly]") || document.body.dataset.stage === "sign_in") counting.clear();
  for (const input of open) if (!input.value && counting.has(input.id)) input.value = counting.get(input.id);
}

export const counted = (input) => counting.set(input.id, input.value);

export function sumUp() {
  const form = $("form[data-form=count]");
  if (!form) return;
  let total = 0;
  for (const input of form.querySelectorAll("[data-value]")) {
    const text = input.value.trim();
    const isCount = text === "" || COUNT.test(text);
    const value = isCount ? Number(text) * Number(input.dataset.value) : 0;
    total += value;
    // Which row it is that is no count.
    input.setAttribute("aria-invalid", String(!isCount));
    input.closest("tr").querySelector("[data-sum]").textContent = isCount ? money(value) : "—";
  }
  $("#counted").textContent = `¥${money(total)}`;
}

const money = (value) => (value / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

// In the count, Enter and the arrows go from denomination to denomination. Tells whether there was one to go to.
export function moveDenomination(step) {
  const inputs = [...document.querySelectorAll(".notes input:not([readonly])")];
  const at = inputs.indexOf(document.activeElement);
  if (at < 0 || !inputs[at + step]) return false;
  inputs[at + step].focus();
  inputs[at + step].select();
  return true;
}
