// What a reading of the test page says about the scanner. Pure: keys in, findings out.
// A key: {key, gap}: what arrived, and the milliseconds since the one before it.

// The symbols of the test page (labels/scanner-setup-letter.toml), in its order. `needed`: Rastro's own
// labels have digits only; the rest matters for other programs and for other laboratories' codes.
export const SYMBOLS = [
  { text: '100700012330', symbols: 2, needed: true },
  { text: '100700012330', symbols: 2, needed: true },
  { text: 'QWAZYM', symbols: 2, needed: false },
  { text: 'qwazym', symbols: 2, needed: false },
  { text: '-/_:;.,+', symbols: 2, needed: false },
  { text: '@#&=?\'"()*', symbols: 2, needed: false },
  { text: 'ÁÉÍÓÚÜÑáéíóúüñ¿¡', symbols: 1, needed: false },
  { text: 'https://rastro.example/es?a=1&b=2', symbols: 1, needed: false },
];
const ENDS = ['Enter', 'Tab', '\u0003'];
const AIM = /^\][A-Za-z][0-9A-Za-z]/;
const AZERTY = { Q: 'A', W: 'Z', A: 'Q', Z: 'W', M: ':', q: 'a', w: 'z', a: 'q', z: 'w', m: ',' };
const QWERTZ = { Y: 'Z', Z: 'Y', y: 'z', z: 'y' };
const swapped = (text, by) => [...text].map(c => by[c] ?? c).join('');
// The digit keys of a French keyboard without Shift.
const SHIFTED = { '&': '1', 'é': '2', '"': '3', '\'': '4', '(': '5', '-': '6', 'è': '7', '_': '8', 'ç': '9', 'à': '0' };
const SLOW = 60;  // as the station's: keys further apart are taken for a person's

// -> {text, end, prefix, min, max, matches: [index of SYMBOLS], findings: [word]}
export function diagnose(keys) {
  const list = [...keys];
  const end = ENDS.includes(list.at(-1)?.key) ? list.pop().key : null;
  const prefix = list[0]?.key === '\u0002' ? list.shift().key : null;
  const raw = list.map(k => k.key).join('');
  const aim = AIM.exec(raw)?.[0] ?? null;
  const text = aim ? raw.slice(aim.length) : raw;
  const gaps = list.slice(1).map(k => k.gap);
  const min = gaps.length ? Math.round(Math.min(...gaps)) : 0;
  const max = gaps.length ? Math.round(Math.max(...gaps)) : 0;
  const matches = SYMBOLS.flatMap((s, i) => (s.text === text ? [i] : []));
  const findings = [];
  if (!end) findings.push('no-end');
  else if (end === 'Tab') findings.push('tab');
  if (max > SLOW) findings.push('slow');
  if (aim) findings.push('aim');
  if (prefix) findings.push('prefix');
  if (!matches.length) findings.push(fault(text));
  return { text, end, prefix: prefix ?? aim, min, max, matches, findings };
}

// Why a text is none of the page's.
function fault(text) {
  const is = other => SYMBOLS.some(s => s.text === other);
  const like = SYMBOLS.some(s => s.text.toLowerCase() === text.toLowerCase());
  if (like) return 'caps';
  if (SYMBOLS.some(s => /^[A-Za-z]+$/.test(s.text) && swapped(s.text, AZERTY) === text)) return 'azerty';
  if (SYMBOLS.some(s => /^[A-Za-z]+$/.test(s.text) && swapped(s.text, QWERTZ) === text)) return 'qwertz';
  if (is(swapped(text, SHIFTED))) return 'azerty';
  if (SYMBOLS.some(s => s.text.length > 4 && (s.text.startsWith(text) || s.text.endsWith(text)) && text.length >= 3)) return 'cut';
  // As many characters, digits and letters in their places: the signs are another layout's.
  const bones = t => [...t].map(c => (/[\p{L}\p{N}]/u.test(c) ? c : '·')).join('');
  if (SYMBOLS.some(s => s.text.length === text.length && bones(s.text) === bones(text))) return 'signs';
  if (SYMBOLS.some(s => s.text.length === text.length && /^[^\p{L}\p{N}]/u.test(s.text) && !/^\d+$/.test(text))) return 'signs';
  if (/^\d{12}$/.test(text)) return 'another-label';
  return 'unknown';
}
