// What the till makes of keys, at every place where a scan can be torn and for every pause: run by keys.rs in the page.
// `card`, `other` and `id` are whole codes. Gives what went wrong, as texts.

export async function failures({ KeyStream }, { card, other, id }) {
  const wrong = [];
  const RATE = 2;

  // Keys are [character or "\n", instant]. `held` is an instant until which the page did nothing at all: then timers come
  // before the keys that waited.
  function play(keys, held = null, typing = () => false) {
    const timers = new Map();
    const seen = { scans: [], chars: [], acts: [], enters: 0 };
    let clock = 0;
    let number = 0;
    const stream = new KeyStream({
      later: (run, ms) => { timers.set(number += 1, { run, at: clock + ms }); return number; },
      cancel: (timer) => timers.delete(timer),
      onScan: (code) => seen.scans.push(code),
      onChars: (chars, alone) => { seen.chars.push(chars); if (alone && chars.length === 1) seen.acts.push(chars); },
      typing,
      onEnter: () => { seen.enters += 1; },
    });
    const until = (now) => {
      for (;;) {
        const due = [...timers].filter(([, timer]) => timer.at <= now).sort((a, b) => a[1].at - b[1].at)[0];
        if (!due) break;
        timers.delete(due[0]);
        clock = Math.max(clock, due[1].at);
        due[1].run();
      }
      clock = now;
    };
    for (const [char, at] of keys) {
      const comes = held !== null && at > held.from && at < held.to ? held.to : at;
      until(comes);
      if (char === "\n") stream.enter(at);
      else stream.char(char, at);
    }
    until(clock + 20_000);
    return seen;
  }

  // The pieces with a pause between each; from `at` on.
  function typed(pieces, pause, at = 0) {
    const keys = [];
    for (const piece of pieces) {
      for (const char of piece) { keys.push([char, at]); at += RATE; }
      at += pause;
    }
    return keys;
  }

  function check(what, seen, scans, enters = 0) {
    if (JSON.stringify([seen.scans, seen.enters]) !== JSON.stringify([scans, enters])) {
      wrong.push(`${what}: ${JSON.stringify(seen)}, wanted ${JSON.stringify(scans)}`);
    }
  }

  const cutAt = (code, at) => [code.slice(0, at), code.slice(at)];
  for (const code of [card, id]) {
    for (const end of ["", "\n"]) {
      check(`${code} whole`, play(typed([code + end], 0)), [code]);
      for (let at = 1; at < code.length; at += 1) {
        for (const pause of [40, 120, 300, 499, 504, 520, 600, 1000, 2400, 4500]) {
          const seen = play(typed(cutAt(code + end, at), pause));
          // Without Enter a hand's lone digits are no scan; with it a last digit alone may be lost, never misread.
          const codes = seen.scans.filter((scan) => !scan.endsWith("…"));
          const lost = end === "" ? Math.min(at, code.length - at) : 0;
          if (lost >= 4 || (end && at >= 4)) check(`${code} at ${at}, ${pause} ms, ${JSON.stringify(end)}`, { ...seen, scans: codes }, [code]);
          else if (codes.some((scan) => scan !== code) || seen.enters > 0) {
            wrong.push(`${code} at ${at}, ${pause} ms, ${JSON.stringify(end)}: ${JSON.stringify(seen)}`);
          }
        }
        // The rest never comes: nobody is named.
        const head = play(typed([code.slice(0, at)], 0));
        if (head.scans.some((scan) => !scan.endsWith("…"))) wrong.push(`${at} digits of ${code}: ${JSON.stringify(head)}`);
        if (at >= 15 && head.scans.length !== 1) wrong.push(`${at} digits of ${code}: nobody is told`);
      }
      // Three pieces.
      for (let at = 4; at < code.length - 8; at += 3) {
        const seen = play(typed([code.slice(0, at), code.slice(at, at + 5), code.slice(at + 5) + end], 700));
        check(`${code} in three from ${at}`, { ...seen, scans: seen.scans.filter((scan) => !scan.endsWith("…")) }, [code]);
      }
    }
    // The page stood still in the middle: the keys have their own times.
    for (let at = 1; at < code.length; at += 1) {
      const seen = play(typed([code + "\n"], 0), { from: (at - 1) * RATE, to: 900 });
      check(`${code}, still from ${at}`, seen, [code]);
    }
  }

  // The rest of one card is nobody else's: 10 digits are a chip's number to some readers.
  for (let at = 4; at < 24; at += 1) {
    const badly = card.slice(0, at) + card.slice(at).replace(/\d$/, (digit) => String((Number(digit) + 1) % 10));
    const seen = play(typed(cutAt(badly + "\n", at), 700));
    if (seen.scans.length === 0 || seen.scans.some((scan) => !scan.endsWith("…")) || seen.enters > 0) {
      wrong.push(`read badly at ${at}: ${JSON.stringify(seen)}`);
    }
  }
  // A card that is held to the scanner again after half of it is taken.
  for (let at = 4; at < 24; at += 1) {
    const seen = play(typed([card.slice(0, at), card + "\n"], 1200));
    check(`again after ${at}`, { ...seen, scans: seen.scans.filter((scan) => !scan.endsWith("…")) }, [card]);
  }
  const chip = play(typed(["0169", "0169552957\n"], 800));
  check("a chip again after its half", chip, ["0169552957"]);

  // Glued, also with a pause inside.
  check("two glued", play(typed([card + other + "\n"], 0)), [card, other]);
  check("a card and an ID glued", play(typed([card + id + "\n"], 0)), [card, id]);
  for (const at of [10, 30, 40]) {
    const seen = play(typed(cutAt(card + other + "\n", at), 800));
    check(`two glued, torn at ${at}`, { ...seen, scans: seen.scans.filter((scan) => !scan.endsWith("…")) }, [card, other]);
  }

  // A slow scanner's digits are no keys, and its Enter confirms nothing, whatever it read.
  const evenly = (text, gap) => [...text].map((char, at) => [char, at * gap]);
  for (const gap of [52, 70, 100, 149]) {
    for (const code of [card, id, card + other]) {
      for (const end of ["", "\n"]) {
        const seen = play(evenly(code + end, gap));
        check(`${code} every ${gap} ms ${JSON.stringify(end)}`, seen, code === card + other ? [card, other] : [code]);
        if (seen.acts.length > 0) wrong.push(`${code} every ${gap} ms pressed ${seen.acts}`);
      }
    }
    for (const length of [8, 15, 23]) {
      const seen = play(evenly(card.slice(0, length) + "\n", gap));
      if (seen.enters > 0 || seen.acts.length > 0 || !seen.scans.at(-1)?.endsWith("…")) wrong.push(`${length} digits every ${gap} ms: ${JSON.stringify(seen)}`);
    }
    // What a quick hand writes into a field is the hand's.
    check(`a birth date every ${gap} ms`, play(evenly("19431122\n", gap), null, () => true), [], 1);
  }
  const alone = play([["2", 0], ["\n", 400], ["1", 900], ["\n", 1000]]);
  check("digits and Enter by hand", alone, [], 2);
  if (alone.acts.join("") !== "21") wrong.push(`lone digits: ${JSON.stringify(alone)}`);

  // A scan's own Enter confirms nothing, however late; a hand's does.
  for (const pause of [10, 60, 300, 504, 520, 700, 1500, 4000]) {
    const before = typed([other + "\n"], 0);
    const seen = play([...before, ...typed([card, "\n"], pause, 6000)]);
    check(`Enter ${pause} ms late`, seen, [other, card]);
  }
  check("a hand's Enter", play([...typed([card + "\n"], 0), ["\n", 900]]), [card], 1);
  check("without a scanner's Enter", play([...typed([card], 0), ["\n", 1500]]), [card], 1);

  // A hand is a hand: a number typed slowly is no scan, and its Enter is meant.
  const slow = [...card, "\n"].map((char, at) => [char, at * 150]);
  check("by hand", play(slow), [], 1);
  const amount = [...typed(["2000"], 700), ["\n", 900], ...typed(["0169552957\n"], 0, 2500)];
  check("a chip behind an amount that a quick hand entered", play(amount), ["0169552957"], 1);
  check("an amount", play([["1", 0], ["8", 140], ["\n", 400]]), [], 1);
  return wrong;
}
