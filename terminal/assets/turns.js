// Keys and scans act one behind another, in the order in which they came: while the till works, what comes waits.

let working = 0;
const waiting = [];

export const busy = () => working > 0;

// Asks the till and shows its answer; whatever comes meanwhile has its turn behind it.
export async function work(task) {
  working += 1;
  try {
    return await task();
  } finally {
    working -= 1;
    next();
  }
}

function next() {
  while (working === 0 && waiting.length > 0) waiting.shift().act();
}

// Acts when its turn has come: at once if nothing is under way.
export function inTurn(act, isKey) {
  waiting.push({ act, isKey });
  next();
}

// What was keyed behind something that did not happen presumed that it would. A scan stands for itself.
export function dropKeys() {
  const scans = waiting.filter((one) => !one.isKey);
  waiting.splice(0, waiting.length, ...scans);
}
