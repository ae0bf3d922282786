// Scanner and keyboard. A scanner types digits and Enter much faster than a hand; what comes so fast is a scan whatever
// has focus, and its own Enter never confirms anything. A single character counts only when no other key falls near it.

export const BURST_MS = 50;
// A scanner that stops for breath in the middle of a code goes on within this time.
const BREATH_MS = 500;
// So many keys in one burst are no hand's.
const MACHINE = 4;
const SHORTEST_SCAN = 8;
const LONGEST_SCAN = 200;
// Printed cards have so many digits: a longer run of them is two scans that were glued together.
const CARD = 24;
const ID = 18;

// What a key types, by its place on the keyboard, so that no input method can change it.
export function charOf(code) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code);
  if (digit) return digit[1];
  const letter = /^Key([A-Z])$/.exec(code);
  if (letter) return letter[1];
  return { Slash: "/", NumpadDivide: "/", Period: ".", NumpadDecimal: ".", Minus: "-", Equal: "=", Semicolon: ":", Space: " " }[code] ?? "";
}

// Codes that came without anything between them.
export function unglued(chars) {
  const cards = /^\d+$/.test(chars) && chars.length > CARD && chars.length % CARD === 0;
  if (!cards) return [chars];
  return chars.match(new RegExp(`\\d{${CARD}}`, "g"));
}

// Sorts keys by their times into scans, single characters and Enter. `now` is in ms; timers are given in.
export class KeyStream {
  constructor({ onScan, onChars, onEnter, later, cancel }) {
    Object.assign(this, { onScan, onChars, onEnter, later, cancel });
    this.chars = "";
    this.last = -Infinity;
    this.timer = null;
    this.quietUntil = -Infinity;
    this.first = -Infinity;
    this.torn = { digits: "", last: -Infinity };
  }

  // How long the next key may take. Only digits wait longer: letters that come fast may be a practised hand's.
  patience() {
    return this.chars.length >= MACHINE && /^\d+$/.test(this.chars) ? BREATH_MS : BURST_MS;
  }

  // Whether a key at that time belongs to the keys before it.
  goesOn(now) {
    return now - this.last <= this.patience() && this.chars.length > 0;
  }

  // A character key. Tells whether it goes on a burst.
  char(char, now) {
    const burst = this.goesOn(now);
    if (!burst) { this.flush(); this.first = now; }
    if (this.chars.length < LONGEST_SCAN) this.chars += char;
    this.last = now;
    this.arm();
    return burst;
  }

  // Enter. Tells whether it ended a scan or followed other keys too fast to be meant: then it confirms nothing.
  enter(now) {
    const near = now - this.last <= BURST_MS;
    if (this.goesOn(now) && this.chars.length >= SHORTEST_SCAN) {
      this.scan(now);
      return true;
    }
    if (near || now < this.quietUntil) return true;
    this.flush();
    this.onEnter();
    return false;
  }

  arm() {
    if (this.timer !== null) this.cancel(this.timer);
    this.timer = this.later(() => { this.timer = null; this.flush(); }, this.patience() + 5);
  }

  // The keys so far were all: a long burst is a scanner that sends no Enter, a lone key is a key.
  flush() {
    if (this.timer !== null) this.cancel(this.timer);
    this.timer = null;
    const chars = this.chars;
    this.chars = "";
    if (chars.length >= 15) this.scan(this.last, chars);
    else if (chars.length > 0) { this.keepTorn(chars); this.onChars(chars); }
  }

  // Digits that were taken for a hand's, in case the rest of a code follows: a busy computer may tear its beginning off.
  keepTorn(chars) {
    if (!/^\d+$/.test(chars)) { this.torn = { digits: "", last: -Infinity }; return; }
    const goesOn = this.first - this.torn.last <= BREATH_MS;
    this.torn = { digits: (goesOn ? this.torn.digits : "") + chars, last: this.last };
  }

  // The code with what was torn off its beginning, if that makes a card's or an ID's number.
  whole(chars) {
    const { digits, last } = this.torn;
    this.torn = { digits: "", last: -Infinity };
    const joined = digits + chars;
    const fits = this.first - last <= BREATH_MS && chars.length < CARD && (joined.length === CARD || joined.length === ID);
    return fits ? joined : chars;
  }

  scan(now, chars = this.chars) {
    if (this.timer !== null) this.cancel(this.timer);
    this.timer = null;
    this.chars = "";
    // A slow scanner's Enter may come after its digits were taken.
    this.quietUntil = now + 400;
    for (const code of unglued(this.whole(chars))) this.onScan(code);
  }
}
