// What a whole code looks like, by its own check digits: so a half of one is never taken for another.

export const CARD = 24;
export const ID = 18;
// Ends what was read of a code of which the rest never came: the till says so, and takes it for nothing else.
export const CUT_OFF = "…";

// A printed card: 91, twenty digits, two check digits by MOD 97-10. Practice cards begin with 90.
function isCard(text) {
  if (/^90{21}\d{2}$/.test(text)) return true;
  if (!/^91\d{22}$/.test(text)) return false;
  return [...text].reduce((rest, digit) => (rest * 10 + Number(digit)) % 97, 0) === 1;
}

// A resident ID: region, birth date, sequence, and a check digit by MOD 11-2.
function isId(text) {
  if (!/^[1-8]\d{5}(18|19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dX]$/.test(text)) return false;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((so, weight, at) => so + weight * Number(text[at]), 0);
  return "10X98765432"[sum % 11] === text[17];
}

// The codes of WeChat Pay, UnionPay and Alipay: they have no check digit, and no rest of a card is taken for one.
export const isPayment = (text) => /^(1[0-5]\d{16}|62\d{17}|(2[5-9]|30)\d{14,22})$/.test(text);

// The cards and IDs that a text is made of without anything between them; null if any of it is something else.
export function cut(text) {
  if (text === "") return [];
  for (const [length, fits] of [[CARD, isCard], [ID, isId]]) {
    if (!fits(text.slice(0, length))) continue;
    const rest = cut(text.slice(length));
    if (rest) return [text.slice(0, length), ...rest];
  }
  return null;
}

// Codes that came in one go. One card among several that was read badly is still one of them.
export function unglued(text) {
  const cards = /^\d+$/.test(text) && text.length > CARD && text.length % CARD === 0;
  return cut(text) ?? (cards ? text.match(new RegExp(`\\d{${CARD}}`, "g")) : [text]);
}
