// Scanner and keyboard. A scanner types digits and Enter much faster than a hand; what comes so fast is a scan whatever
// has focus, and its own Enter never confirms anything. A single character counts only when no other key falls near it.
// A code that came in pieces is put together where its check digits say that it is whole; else it is scanned again.

import { CARD, CUT_OFF, ID, cut, isPayment, unglued } from "./codes.js";

export const BURST_MS = 50;
// A scanner that stops for breath in the middle of a code goes on within this time.
const BREATH_MS = 500;
// The rest of a code that a busy computer tore in two comes within this time; so does its Enter.
export const REST_MS = 5000;
// Without its rest so long, what was read is said to be half a code.
const HALF_MS = 1500;
// Digits nearer than this are one row: a slow scanner's as well as a hand's.
const SLOW_MS = 150;
// A scan's Enter that comes this late confirms nothing.
const QUIET_MS = 400;
// So many keys in one burst are no hand's.
const MACHINE = 4;
const SHORTEST_SCAN = 8;
// So many digits in one burst are a code, or a part of one.
const PART = 15;
const LONGEST_SCAN = 200;

const isDigits = (chars) => /^\d+$/.test(chars);

// What a key types, by its place on the keyboard, so that no input method can change it.
export function charOf(code) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code);
  if (digit) return digit[1];
  const letter = /^Key([A-Z])$/.exec(code);
  if (letter) return letter[1];
  return { Slash: "/", NumpadDivide: "/", Period: ".", NumpadDecimal: ".", Minus: "-", Equal: "=", Semicolon: ":", Space: " " }[code] ?? "";
}

// Sorts keys by their times into scans, single characters and Enter. `now` is in ms; timers are given in. With a scan goes
// the instant of its first key, however many pieces it came in.
export class KeyStream {
  constructor({ onScan, onChars, onEnter, later, cancel, onAlone = () => {}, typing = () => false, sendsEnter = false }) {
    Object.assign(this, { onScan, onChars, onEnter, later, cancel, onAlone, typing });
    this.chars = "";
    this.first = -Infinity;
    this.last = -Infinity;
    // Digits that came before these keys, piece by piece: what may be the beginning of a code.
    this.pieces = [];
    // The last piece is a part of a code and nothing else: its rest is waited for.
    this.half = false;
    this.timers = { burst: null, half: null, alone: null };
    // Digits that came in a row, however slowly; the last burst was not its first.
    this.row = { digits: "", first: -Infinity };
    this.crowded = false;
    this.quietUntil = -Infinity;
    // This keyboard's scanner ends its codes with Enter; one that did not come yet still belongs to its scan.
    this.sendsEnter = sendsEnter;
    this.owedUntil = -Infinity;
  }

  // How long the next key may take. Only digits wait longer: letters that come fast may be a practised hand's.
  patience() {
    return this.chars.length >= MACHINE && isDigits(this.chars) ? BREATH_MS : BURST_MS;
  }

  // Whether a key at that time belongs to the keys before it.
  goesOn(now) {
    return now - this.last <= this.patience() && this.chars.length > 0;
  }

  // Whether a key at that time may go on with a code of which a scanner has typed a part.
  isTorn(now) {
    return this.pieces.some((piece) => piece.digits.length >= MACHINE && now - piece.last <= REST_MS);
  }

  // A character key. Tells whether it goes on a burst.
  char(char, now) {
    const burst = this.goesOn(now);
    const near = this.inRow(char, now);
    if (!burst) { this.flush(!near); this.first = now; this.crowded = near; }
    if (this.chars.length < LONGEST_SCAN) this.chars += char;
    this.last = now;
    this.stop("half");
    // A lone digit waits whether it is the beginning of a row; that it was seen is told before.
    if (!burst && !near) this.start("alone", BURST_MS + 5, () => this.onAlone(char));
    else this.stop("alone");
    const rest = isDigits(this.chars) ? Math.max(this.patience(), SLOW_MS) : this.patience();
    this.start("burst", rest + 5, () => { if (!this.rowEnds()) this.flush(); });
    return burst;
  }

  // Whether a character goes on a row of digits.
  inRow(char, now) {
    const { digits } = this.row;
    const near = digits !== "" && now - this.last < SLOW_MS && (isDigits(char) || (char === "X" && digits.length === ID - 1));
    this.row = near ? { digits: digits + char, first: this.row.first } : { digits: isDigits(char) ? char : "", first: now };
    return near;
  }

  // A slow scanner's code, whole by its check digits, came without an Enter so far.
  rowEnds() {
    const { digits, first } = this.row;
    const codes = digits.length > this.chars.length && digits.length >= ID ? cut(digits) : null;
    if (!codes) return false;
    this.take();
    this.row = { digits: "", first: -Infinity };
    this.owedUntil = this.last + REST_MS;
    this.deliver({ codes, since: first }, this.last + BREATH_MS);
    return true;
  }

  // Enter behind a row of digits: a slow scanner's own. It confirms nothing; what is no whole code is scanned again. What a
  // hand writes into a field is the hand's.
  endsRow(now) {
    const { digits, first } = this.row;
    if (digits.length < SHORTEST_SCAN || now - this.last >= SLOW_MS) return false;
    const codes = cut(digits);
    if (!codes && this.typing()) return false;
    this.take();
    this.row = { digits: "", first: -Infinity };
    this.sendsEnter = true;
    this.owedUntil = -Infinity;
    this.deliver({ codes: codes ?? [digits + CUT_OFF], since: first }, now);
    return true;
  }

  // Enter. Tells whether it ended a scan or followed other keys too fast to be meant: then it confirms nothing.
  enter(now) {
    const near = now - this.last <= BURST_MS;
    const rest = this.goesOn(now) && this.isTorn(this.first);
    if (this.chars.length >= SHORTEST_SCAN || rest) { this.end(now); return true; }
    if (this.endsRow(now)) return true;
    if (near || now < this.quietUntil) return true;
    if (this.half) { this.giveUp(); return true; }
    const owed = now < this.owedUntil;
    this.owedUntil = -Infinity;
    if (owed || this.flush()) return true;
    // What a hand has entered is no part of the next scan.
    this.pieces = [];
    this.onEnter();
    return false;
  }

  // Another key than a character's: a lone one before it acts first.
  settle(now) {
    if (now - this.last > BURST_MS && this.chars.length > 0 && this.chars.length < MACHINE) this.flush();
  }

  start(timer, ms, run) {
    this.stop(timer);
    this.timers[timer] = this.later(() => { this.timers[timer] = null; run(); }, ms);
  }

  stop(timer) {
    if (this.timers[timer] !== null) this.cancel(this.timers[timer]);
    this.timers[timer] = null;
  }

  take() {
    this.stop("burst");
    this.stop("alone");
    const chars = this.chars;
    this.chars = "";
    return chars;
  }

  // The keys so far were all, or their rest comes late: a whole code is a scanner that sends no Enter, a lone key is a key.
  // Tells whether they were a scanner's.
  flush(alone = true) {
    const chars = this.take();
    if (chars.length === 0) return false;
    const other = isPayment(chars) || (chars.length >= PART && !isDigits(chars));
    const whole = this.whole(chars) ?? (other ? { codes: [chars], since: this.first } : null);
    if (whole) {
      this.owedUntil = this.sendsEnter ? this.last + REST_MS : -Infinity;
      this.deliver(whole, this.last + BREATH_MS);
      return true;
    }
    this.half = isDigits(chars) && (this.half || chars.length >= PART);
    this.keep(chars);
    if (this.half) this.start("half", HALF_MS - BREATH_MS, () => this.giveUp());
    else this.onChars(chars, alone && !this.crowded);
    return this.half;
  }

  keep(chars) {
    this.pieces = isDigits(chars) ? this.recent() : [];
    if (isDigits(chars)) this.pieces.push({ digits: chars, first: this.first, last: this.last });
  }

  // The pieces that the keys from `first` on may go on with.
  recent() {
    return this.pieces.filter((piece) => this.first - piece.last <= REST_MS);
  }

  // The scanner's own Enter: what came is a code, unless it is the rest of one whose beginning is not known.
  end(now) {
    const chars = this.take();
    this.sendsEnter = true;
    this.owedUntil = -Infinity;
    const whole = this.whole(chars) ?? (this.isRest(chars) ? this.told(chars) : { codes: unglued(chars), since: this.first });
    this.deliver(whole, now);
  }

  // The codes that the keys make, with the pieces before them or alone, if check digits say that they are whole. A hand
  // that types a number slowly makes no scan of it.
  whole(chars) {
    const pieces = this.recent();
    for (let from = 0; from <= pieces.length; from += 1) {
      const parts = [...pieces.slice(from).map((piece) => piece.digits), chars];
      const machine = parts.some((part) => part.length >= MACHINE);
      const codes = machine ? cut(parts.join("")) : null;
      if (codes) return { codes, since: pieces[from]?.first ?? this.first };
    }
    return null;
  }

  // Whether the keys may be the rest of a code. A card that is held to the scanner again begins as it began.
  isRest(chars) {
    if (!this.isTorn(this.first) || !/^\d*X?$/.test(chars)) return false;
    const before = this.recent().map((piece) => piece.digits).join("");
    return !chars.startsWith(before) && before.length + chars.length <= CARD;
  }

  // Half a code. What a hand typed before it is not a part of it.
  told(chars) {
    const pieces = this.recent();
    const since = pieces.find((piece) => piece.digits.length >= MACHINE)?.first ?? this.first;
    return { codes: [pieces.map((piece) => piece.digits).join("") + chars + CUT_OFF], since };
  }

  // The rest did not come: the cashier is told. Should it come after all, it is still put together.
  giveUp() {
    this.half = false;
    this.stop("half");
    const { codes, since } = this.told("");
    this.onScan(codes[0], since);
  }

  deliver({ codes, since }, now) {
    this.stop("half");
    this.half = false;
    this.pieces = [];
    this.row = { digits: "", first: -Infinity };
    // A slow scanner's Enter may come after its digits were taken.
    this.quietUntil = now + QUIET_MS;
    for (const code of codes) this.onScan(code, since);
  }
}
