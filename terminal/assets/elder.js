// The elder's display: shows what the terminal says, and says amounts with clips that are part of the program.

const main = document.getElementById("face");
let showing = null;
let repeats = null;
let words = [];
let html = main.innerHTML;
let wanted = 0;

// ---- speech

let context = null;
const clips = new Map();
let playing = [];

async function clip(name) {
  if (!clips.has(name)) {
    const bytes = await (await fetch(`/assets/sound/${name}.opus`)).arrayBuffer();
    clips.set(name, await context.decodeAudioData(bytes));
  }
  return clips.get(name);
}

async function say(list) {
  document.body.dataset.said = list.join(" ");
  document.body.dataset.times = String(Number(document.body.dataset.times ?? 0) + 1);
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") await context.resume();
    const buffers = await Promise.all(list.map(clip));
    for (const source of playing) source.stop();
    playing = [];
    let at = context.currentTime + 0.05;
    for (const [index, buffer] of buffers.entries()) {
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.connect(context.destination);
      source.start(at);
      at += buffer.duration + (index === 0 ? 0.12 : 0);
      playing.push(source);
    }
  } catch {
    // No sound device: the screen says it all.
  }
}

// ---- the day of the Chinese calendar, from the browser's own tables

function lunar() {
  const place = document.getElementById("lunar");
  if (!place) return;
  try {
    const day = new Date(`${place.dataset.date}T12:00:00+08:00`);
    const parts = new Intl.DateTimeFormat("zh-CN-u-ca-chinese", { month: "long", day: "numeric", timeZone: "Asia/Shanghai" }).formatToParts(day);
    const of = (type) => parts.find((part) => part.type === type)?.value ?? "";
    place.textContent = `${of("month")}${dayName(of("day"))}`;
  } catch {
    place.textContent = "";
  }
}

const TENS = ["初", "十", "廿", "卅"];
const ONES = ["十", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

function dayName(text) {
  const day = Number(text);
  if (!Number.isInteger(day)) return text;
  if (day === 10) return "初十";
  if (day === 20) return "二十";
  if (day === 30) return "三十";
  return `${TENS[Math.floor(day / 10)]}${ONES[day % 10]}`;
}

// ---- showing

async function refresh() {
  const mine = ++wanted;
  const view = await (await fetch("/elder/view", { headers: { accept: "application/json" } })).json();
  if (mine !== wanted) return;
  if (view.html !== html) { html = view.html; main.innerHTML = html; }
  document.body.dataset.face = view.face;
  document.body.classList.toggle("training", view.training);
  lunar();
  words = view.say;
  const fresh = showing !== null && view.showing !== showing;
  const asked = repeats !== null && view.repeats !== repeats;
  showing = view.showing;
  repeats = view.repeats;
  if (words.length > 0 && (fresh || asked)) say(words);
}

function lost() {
  html = "";
  main.innerHTML = `<p class="e-wait"><b></b></p>`;
  main.querySelector("b").textContent = document.body.dataset.lost;
  document.body.dataset.face = "lost";
}

const show = () => refresh().catch(lost);
let coming = false;
function soon() {
  if (coming) return;
  coming = true;
  setTimeout(() => { coming = false; show(); }, 20);
}

const events = new EventSource("/events");
events.addEventListener("state", soon);
events.addEventListener("open", soon);
events.addEventListener("error", () => setTimeout(() => { if (events.readyState !== EventSource.OPEN) lost(); }, 4000));
// Anywhere on the screen, and R: the amount once more. The first touch also lets a browser that wants one play sound.
document.addEventListener("click", () => { if (words.length > 0) say(words); });
// Every other key is the cashier's: a touch has brought the keyboard, and the scanner with it, to this window.
const keys = new BroadcastChannel("zhucan-keys");
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.code === "KeyR") {
    if (!event.repeat && words.length > 0) say(words);
    return;
  }
  if (["F5", "F11", "F12", "Tab"].includes(event.code)) return;
  event.preventDefault();
  keys.postMessage({ code: event.code, repeat: event.repeat, at: performance.timeOrigin + event.timeStamp });
});
lunar();
