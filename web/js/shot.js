// What one press of the trigger brought. A label may carry our code beside its maker's, and a scanner may
// send both, or the codes of two tubes, in one run: with a separator, with identifiers, or glued. Pure.
import { checks } from './codes.js';

const AIM = /^\][A-Za-z][0-9A-Za-m]/;
// Between readings, and never inside one of ours: control characters, or an identifier.
const BETWEEN = /[\u0000-\u001f]+|(?=\][A-Za-z][0-9A-Za-m])/;
const FILLER = /[\s\-'_/?)ß·–—‐‑−]/g;
const SEP = "[\\s\\-'_/?)ß·–—‐‑−]?";
const OURS = new RegExp(`(?<!\\d)\\d${SEP}\\d{3}${SEP}\\d{6}${SEP}\\d{2}(?!\\d)`, 'g');
const KINDS = '12356789';
const LONGEST = 120;

const isOurs = digits => digits.length === 12 && KINDS.includes(digits[0]) && checks(digits);
// EAN-8, UPC-A, EAN-13 and GTIN-14 end in a digit that makes the weighted sum a multiple of ten.
function isGtin(digits) {
  if (![8, 12, 13, 14].includes(digits.length)) return false;
  const sum = [...digits].reverse().reduce((n, d, i) => n + Number(d) * (i % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}
// Twelve digits that begin as a tube's are ours, misread, though they may fit a maker's rule by chance.
const isMisread = digits => digits.length === 12 && !isOurs(digits) && ('12'.includes(digits[0]) || !isGtin(digits));
const ours = text => ({ kind: 'ours', text });
const maker = text => ({ kind: 'maker', text });

// -> {ours: [code], makers: [text], texts: [text], digits: [text]}: our codes; those of a maker or of
// GS1; anything else with letters; digits that are no code, as a damaged or cut label of ours gives.
export function shot(raw) {
  const found = raw.split(BETWEEN).flatMap(piece);
  const of = kind => found.filter(f => f.kind === kind).map(f => f.text);
  const all = { ours: of('ours'), makers: of('maker'), texts: of('text'), digits: of('digits') };
  // Twelve digits are a maker's only beside ours: alone they may be ours, misread.
  const upc = all.ours.length ? all.digits.filter(d => isGtin(d) && !isMisread(d)) : [];
  return { ...all, makers: [...all.makers, ...upc], digits: all.digits.filter(d => !upc.includes(d)) };
}
// Whether a run without an end is whole: nothing but codes that end by their own rule, one of them ours.
export function isWhole(raw) {
  const { ours, texts, digits } = shot(raw);
  return ours.length > 0 && !texts.length && !digits.length;
}

function piece(text) {
  const aim = AIM.exec(text)?.[0] ?? '';
  const body = text.slice(aim.length).trim(), digits = body.replace(FILLER, '');
  if (!digits) return [];
  if ([']C1', ']d2', ']Q3'].includes(aim) || /^\][Ee]/.test(aim)) return [maker(body)];
  if (/^\d+$/.test(digits)) return run(digits);
  return mixed(body);
}
// Letters are never of ours; an address is not a label, whatever it names.
function mixed(body) {
  if (/:\/\/|www\./i.test(body)) return [{ kind: 'text', text: body }];
  const codes = (body.match(OURS) ?? []).map(c => c.replace(FILLER, '')).filter(isOurs);
  if (codes.length) {
    const rest = body.replace(OURS, c => (isOurs(c.replace(FILLER, '')) ? ' ' : c)).trim().replace(/\s+/g, ' ');
    return [...codes.map(ours), ...(rest ? [{ kind: 'text', text: rest }] : [])];
  }
  return glued(body);
}
// A maker's letters and digits right beside ours: it is the end or the beginning of the run of digits there.
function glued(body) {
  const ends = [body.match(/^\d{13,}/)?.[0].slice(0, 12), body.match(/\d{13,}$/)?.[0].slice(-12)];
  const [first, last] = ends.map(code => code && isOurs(code));
  if (first && last && body.length >= 24) return [ours(ends[0]), { kind: 'text', text: body.slice(12, -12) }, ours(ends[1])];
  if (first === last || (first && last)) return [{ kind: 'text', text: body }];
  return first ? [ours(ends[0]), { kind: 'text', text: body.slice(12) }] : [{ kind: 'text', text: body.slice(0, -12) }, ours(ends[1])];
}
// A run of digits: one code, or several glued.
function run(digits) {
  if (isOurs(digits)) return [ours(digits)];
  if (digits.length !== 12 && isGtin(digits)) return [maker(digits)];
  const unknown = [{ kind: 'digits', text: digits }];
  if (digits.length <= 12 || digits.length > LONGEST) return unknown;
  const best = most(wholes(digits));
  if (best) return best;
  if (/^01\d{14}/.test(digits) && isGtin(digits.slice(2, 16))) return [maker(digits)];
  return ended(digits) ?? unknown;
}
// Every way to read the whole run as codes of ours and of makers.
function wholes(digits, seen = new Map()) {
  if (!digits) return [[]];
  if (seen.has(digits)) return seen.get(digits);
  const ways = [];
  for (const length of [12, 13, 14, 8]) {
    const head = digits.slice(0, length);
    if (head.length < length) continue;
    const kind = isOurs(head) ? ours(head) : isGtin(head) && !isMisread(head) ? maker(head) : null;
    if (kind) for (const way of wholes(digits.slice(length), seen)) ways.push([kind, ...way]);
    if (ways.length > 64) break;
  }
  seen.set(digits, ways);
  return ways;
}
// The way with the most codes of ours, if it is the only one: between two tubes nobody chooses.
function most(ways) {
  const list = way => way.filter(f => f.kind === 'ours').map(f => f.text);
  const n = Math.max(0, ...ways.map(way => list(way).length));
  if (!n) return null;
  const best = ways.filter(way => list(way).length === n);
  return new Set(best.map(way => list(way).join())).size === 1 ? best[0] : null;
}
// Ours at one end, and digits that are none at the other: these are told.
function ended(digits) {
  const first = isOurs(digits.slice(0, 12)), last = isOurs(digits.slice(-12));
  if (first === last) return null;
  return first ? [ours(digits.slice(0, 12)), ...run(digits.slice(12))] : [...run(digits.slice(0, -12)), ours(digits.slice(-12))];
}

// Readings of one moment belong together, in whichever order they come: with its own end each is a reading
// by itself. What is none of ours waits a moment for one that is; beside ours it is only named. But what
// looks like one of ours, misread, is told at once, whatever came with it. The moment is when the last key arrived
// (`meta.at`), not when a busy page got round to it.
export class Company {
  constructor({ onOurs, onBeside, onAlone, ms = 300, now = () => performance.now() }) {
    Object.assign(this, { onOurs, onBeside, onAlone, ms, now, until: -Infinity, waiting: [], timer: 0 });
  }
  add(found, meta) {
    const at = meta?.at ?? this.now();
    const other = { makers: found.makers, texts: found.texts, digits: found.digits };
    if (found.ours.length) {
      clearTimeout(this.timer);
      const beside = merged([...this.waiting.splice(0), other]);
      for (const code of found.ours) this.onOurs(code, meta);
      // A card is no tube that something could belong to.
      if (found.ours.some(code => code[0] !== '9')) this.until = at + this.ms;
      if (any(beside)) this.onBeside(beside);
    } else if (other.digits.some(isMisread)) {
      this.onAlone(other, meta);
    } else if (at < this.until) {
      if (any(other)) this.onBeside(other);
    } else {
      this.waiting.push(other);
      if (this.waiting.length === 1) this.timer = setTimeout(() => this.onAlone(merged(this.waiting.splice(0)), meta), this.ms);
    }
  }
}
const any = o => o.makers.length + o.texts.length + o.digits.length > 0;
const merged = all => ({ makers: all.flatMap(o => o.makers), texts: all.flatMap(o => o.texts), digits: all.flatMap(o => o.digits) });
