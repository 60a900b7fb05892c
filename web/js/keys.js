// What a key says, as a scanner means it. A scanner types like a keyboard, and some don't trust the
// keyboard's language: they hold Alt and type the number of each character on the keypad. On a keypad
// whose NumLock is off the digits arrive as arrows; their place on the keyboard says what they are.
const CONTROL = { ']': '\u001d', b: '\u0002', c: '\u0003', j: 'Enter', m: 'Enter' };
const NAMED = { 9: 'Tab', 10: 'Enter', 13: 'Enter' };
const MODIFIERS = ['Alt', 'AltGraph', 'Shift', 'Control', 'Meta', 'CapsLock', 'NumLock', 'Dead'];
const PAD = /^Numpad(\d)$/;

export class Keys {
  constructor() { this.number = ''; this.began = 0; }
  // A character is being typed as a number.
  get open() { return this.number !== ''; }
  // A key went down: {key, began, at, way}, or null where it is none by itself. key: one character, or
  // a name as 'Enter'; began, at: when its first and its last event came; way: 'key', 'control', 'alt'
  // or 'pad' (a digit of a keypad without NumLock).
  down(e) {
    if (e.isComposing || e.repeat) return null;
    const digit = PAD.exec(e.code ?? '')?.[1];
    if (e.altKey && !e.ctrlKey && !e.metaKey) { this.typed(e, digit); return null; }
    this.number = '';
    if (MODIFIERS.includes(e.key)) return null;
    const said = (key, way = 'key') => ({ key, began: e.timeStamp, at: e.timeStamp, way });
    // AltGr is Ctrl and Alt together, and types a sign.
    if (e.ctrlKey && e.altKey) return e.getModifierState?.('AltGraph') && e.key.length === 1 ? said(e.key) : null;
    if (e.metaKey) return null;
    if (e.ctrlKey) { const key = CONTROL[e.key.toLowerCase()]; return key ? said(key, 'control') : null; }
    return digit && e.key.length !== 1 ? { ...said(digit, 'pad'), named: e.key } : said(e.key);
  }
  typed(e, digit) {
    if (!this.number) this.began = e.timeStamp;
    if (digit) this.number += digit;
    else if (e.key !== 'Alt') this.number = '';
  }
  // A key went up: Alt ends a character that was typed as a number.
  up(e) {
    if (e.key !== 'Alt' || !this.number) return null;
    const n = Number(this.number.slice(-6)) % 256;
    this.number = '';
    return { key: NAMED[n] ?? String.fromCharCode(n), began: this.began, at: e.timeStamp, way: 'alt' };
  }
}
