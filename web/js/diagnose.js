// What a reading of the test page says about the scanner. Pure: keys in, findings out.
// A key: {key, gap, way, caps}: what arrived, the milliseconds since the one before it, how it was typed
// (as keys.js says) and whether Caps Lock was on.

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
const PREFIXES = ['\u0002', '\u001d'];
const AIM = /^\][A-Za-z][0-9A-Za-z]/;
const AZERTY = { Q: 'A', W: 'Z', A: 'Q', Z: 'W', M: ':', q: 'a', w: 'z', a: 'q', z: 'w', m: ',', ':': 'M', ';': 'm' };
const QWERTZ = { Y: 'Z', Z: 'Y', y: 'z', z: 'y' };
const swapped = (text, by) => [...text].map(c => by[c] ?? c).join('');
// The digit keys of a French keyboard without Shift.
const SHIFTED = { '&': '1', 'é': '2', '"': '3', '\'': '4', '(': '5', '-': '6', 'è': '7', '_': '8', 'ç': '9', 'à': '0' };
const SLOW = 60;  // as the station's: keys that are further apart in the mean are taken for a person's

// -> {text, end, ends, prefix, min, mean, max, matches: [index of SYMBOLS], findings: [word]}
export function diagnose(keys) {
  const list = [...keys];
  let ends = 0, end = null;
  while (ENDS.includes(list.at(-1)?.key)) { end = list.pop().key; ends += 1; }
  const before = PREFIXES.includes(list[0]?.key) ? list.shift().key : null;
  const raw = list.map(k => k.key).join('');
  const aim = AIM.exec(raw)?.[0] ?? null;
  const text = aim ? raw.slice(aim.length) : raw;
  const gaps = list.slice(1).map(k => k.gap);
  const mean = gaps.reduce((a, b) => a + b, 0) / (gaps.length || 1);
  const [min, max] = gaps.length ? [Math.min(...gaps), Math.max(...gaps)].map(Math.round) : [0, 0];
  const extra = framed(text);
  const matches = SYMBOLS.flatMap((s, i) => (s.text === (extra?.text ?? text) ? [i] : []));
  const findings = how({ list: [...keys], end, ends, mean, aim, before, extra });
  if (!matches.length) findings.push(fault(text));
  return { text, end, ends, prefix: before ?? aim ?? extra?.frame ?? null, min, mean: Math.round(mean), max, matches, findings };
}
// How it was typed, whatever it says.
function how({ list, end, ends, mean, aim, before, extra }) {
  const any = way => list.some(k => k.way === way);
  const found = {
    'no-end': !end, tab: end === 'Tab', 'double-end': ends > 1, slow: mean > SLOW, alt: any('alt'), numlock: any('pad'),
    'caps-on': list.some(k => k.caps), aim: !!aim, prefix: before === '\u0002', gs: before === '\u001d', extra: !!extra,
  };
  return Object.keys(found).filter(word => found[word]);
}
// A symbol of the page with some characters before or after it, as a scanner adds that names the kind of code.
function framed(text) {
  if (SYMBOLS.some(s => s.text === text)) return null;
  for (const s of SYMBOLS) {
    const frame = text.length - s.text.length;
    if (s.text.length < 6 || frame < 1 || frame > 4) continue;
    const at = text.indexOf(s.text);
    if (at >= 0 && !/\d/.test(text.slice(0, at) + text.slice(at + s.text.length))) return { text: s.text, frame: text.replace(s.text, '') };
  }
  return null;
}

// Why a text is none of the page's.
function fault(text) {
  const is = other => SYMBOLS.some(s => s.text === other);
  const like = SYMBOLS.some(s => s.text.toLowerCase() === text.toLowerCase());
  if (like) return 'caps';
  if (SYMBOLS.some(s => /^[A-Za-z]+$/.test(s.text) && swapped(s.text, AZERTY) === text)) return 'azerty';
  if (SYMBOLS.some(s => /^[A-Za-z]+$/.test(s.text) && swapped(s.text, QWERTZ) === text)) return 'qwertz';
  if (is(swapped(text, SHIFTED))) return 'azerty';
  // Only letters in their order, and digits: signs are another layout's, or were lost in it.
  const bare = t => t.replace(/[^A-Za-z0-9]/g, ''), letters = t => t.replace(/[^A-Za-z]/g, '');
  if (SYMBOLS.some(s => letters(s.text).length > 8 && bare(s.text) === bare(text))) return 'signs';
  const typed = by => SYMBOLS.some(s => letters(s.text).length > 5 && letters(swapped(s.text, by)) === letters(text));
  if (typed(AZERTY)) return 'azerty';
  if (typed(QWERTZ)) return 'qwertz';
  if (SYMBOLS.some(s => s.text.length > 4 && (s.text.startsWith(text) || s.text.endsWith(text)) && text.length >= 3)) return 'cut';
  // As many characters, digits and letters in their places: the signs are another layout's.
  const bones = t => [...t].map(c => (/[\p{L}\p{N}]/u.test(c) ? c : '·')).join('');
  if (SYMBOLS.some(s => s.text.length === text.length && bones(s.text) === bones(text))) return 'signs';
  if (SYMBOLS.some(s => s.text.length === text.length && /^[^\p{L}\p{N}]/u.test(s.text) && !/^\d+$/.test(text))) return 'signs';
  if (/^\d{12}$/.test(text)) return 'another-label';
  return 'unknown';
}
