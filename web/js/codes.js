// What a reading means, before it is sent: the same rules as the server's ContainerCode.
const AIM = /^\](C[0124]|d[0-6]|Q[0-6]|e[0-3])/;
const FILLER = /[\s\-'_/?)ß·–—‐‑−\u0000-\u001f]/g;

// -> {kind: 'tube' | 'other' | 'unreadable' | 'foreign' | 'empty', code}
export function classify(raw) {
  let text = raw.replace(/^[\s\u0000-\u001f]+|[\s\u0000-\u001f]+$/g, '');
  const aim = AIM.exec(text)?.[0] ?? null;
  if (aim) text = text.slice(aim.length);
  if (aim === ']C1' || aim === ']d2' || aim === ']Q3') return { kind: 'foreign', code: text };
  const digits = text.replace(FILLER, '');
  if (!digits) return { kind: 'empty', code: '' };
  if (!/^\d+$/.test(digits)) return { kind: 'foreign', code: text };
  if (digits.length !== 12) return { kind: 'unreadable', code: digits };
  if (!checks(digits)) return { kind: 'unreadable', code: digits };
  return { kind: '12'.includes(digits[0]) ? 'tube' : 'other', code: digits };
}

// ISO 7064 MOD 97-10: the whole number is 1 modulo 97, and 00, 01, 99 are never issued.
export function checks(digits) {
  let rest = 0;
  for (const d of digits) rest = (rest * 10 + Number(d)) % 97;
  const check = Number(digits.slice(-2));
  return rest === 1 && check >= 2 && check <= 98;
}

export const grouped = code =>
  /^\d{12}$/.test(code) ? code.replace(/^(\d)(\d{3})(\d{6})(\d{2})$/, '$1-$2-$3-$4') : code;

// A UUIDv7 whose order follows the scans even if the device's clock steps back.
let lastMs = 0, counter = 0;
export function uuid7(now = Date.now()) {
  if (now > lastMs) { lastMs = now; counter = 0; } else { counter += 1; }
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let ms = lastMs;
  for (let i = 5; i >= 0; i--) { bytes[i] = ms % 256; ms = Math.floor(ms / 256); }
  bytes[6] = 0x70 | ((counter >> 8) & 0x0f);
  bytes[7] = counter & 0xff;
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = Array.from(bytes, b => b.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
