import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { SYMBOLS, diagnose } from '../js/diagnose.js';

const keys = (text, { end = 'Enter', gap = 4 } = {}) =>
  [...[...text].map((key, i) => ({ key, gap: i ? gap : Infinity })), ...(end ? [{ key: end, gap }] : [])];
const says = (text, how) => diagnose(keys(text, how)).findings;

test('every symbol of the printed page is known by what it holds, and no other', () => {
  const toml = readFileSync(new URL('../../labels/scanner-setup-letter.toml', import.meta.url), 'utf8');
  const printed = [...toml.matchAll(/kind\s*=\s*"(?:code128|datamatrix|qr)"[\s\S]*?\nvalue\s*=\s*(".*")/g)].map(m => JSON.parse(m[1]));
  assert.ok(printed.length > 8, 'the page has symbols');
  assert.deepEqual([...new Set(printed)].sort(), [...new Set(SYMBOLS.map(s => s.text))].sort());
});
test('a good reader has nothing to be told', () => {
  for (const s of SYMBOLS) assert.deepEqual(says(s.text), [], s.text);
  assert.deepEqual(diagnose(keys('100700012330')).matches, [0, 1]);
});
test('how it ends, and how fast', () => {
  assert.deepEqual(says('100700012330', { end: null }), ['no-end']);
  assert.deepEqual(says('100700012330', { end: 'Tab' }), ['tab']);
  assert.deepEqual(says('100700012330', { gap: 90 }), ['slow']);
  const { min, max } = diagnose(keys('100700012330', { gap: 12 }));
  assert.deepEqual([min, max], [12, 12]);
});
test('what stands before it', () => {
  assert.deepEqual(says(']C0100700012330'), ['aim']);
  assert.deepEqual(diagnose([{ key: '\u0002', gap: Infinity }, ...keys('QWAZYM')]).findings, ['prefix']);
});
test('the keyboard that the reader believes in', () => {
  assert.deepEqual(says('qwazym'), []);
  assert.deepEqual(says('AZQWY:'), ['azerty']);
  assert.deepEqual(says('&ààèààà&é""à'), ['azerty']);
  assert.deepEqual(says('QWAYZM'), ['qwertz']);
  assert.deepEqual(says('\'-?Ññ.,¿'), ['signs']);
  assert.deepEqual(says('HTTPS://RASTRO.EXAMPLE/ES?A=1&B=2'), ['caps']);
  assert.deepEqual(says('https>--rastro.example-es_a¿1/b¿2'), ['signs']);
});
test('a lost beginning or end, another label, anything else', () => {
  assert.deepEqual(says('0700012330'), ['cut']);
  assert.deepEqual(says('100700012'), ['cut']);
  assert.deepEqual(says('299999999986'), ['another-label']);
  assert.deepEqual(says('hola'), ['unknown']);
});
