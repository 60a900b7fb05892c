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
test('slow is the mean, not one long pause', () => {
  const paused = keys('100700012330').map((k, i) => (i === 6 ? { ...k, gap: 300 } : k));
  assert.deepEqual(diagnose(paused).findings, []);
  const { mean, max } = diagnose(paused);
  assert.deepEqual([mean, max], [31, 300]);
});
test('how it was typed', () => {
  assert.deepEqual(diagnose([...keys('100700012330'), { key: 'Enter', gap: 2 }]).findings, ['double-end']);
  const typed = more => diagnose(keys('100700012330').map(k => ({ ...k, ...more }))).findings;
  assert.deepEqual(typed({ way: 'alt' }), ['alt']);
  assert.deepEqual(typed({ way: 'pad' }), ['numlock']);
  assert.deepEqual(typed({ caps: true }), ['caps-on']);
  // With Caps Lock on the third symbol arrives as the fourth: only the lock tells.
  assert.deepEqual(diagnose(keys('qwazym').map(k => ({ ...k, caps: true }))).findings, ['caps-on']);
});
test('what stands before it', () => {
  assert.deepEqual(diagnose([{ key: '\u001d', gap: Infinity }, ...keys('100700012330')]).findings, ['gs']);
  assert.deepEqual(says('j100700012330'), ['extra']);
  assert.deepEqual(diagnose(keys('*100700012330*')).matches, [0, 1]);
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
  // Latin American and Spanish layouts turn the address's signs into letters or lose them.
  assert.deepEqual(says('httpsÑ--rastro.example-es_a¿1/b¿2'), ['signs']);
  assert.deepEqual(says('httpsrastro.examplees_a1b2'), ['signs']);
  assert.deepEqual(says('httpsM!!rqstro:exq,ple!es§q=&7b=é'), ['azerty']);
  assert.deepEqual(says('https>--rastro.example-es_a¿1/b¿2'), ['signs']);
});
test('a lost beginning or end, another label, anything else', () => {
  assert.deepEqual(says('0700012330'), ['cut']);
  assert.deepEqual(says('100700012'), ['cut']);
  assert.deepEqual(says('299999999986'), ['another-label']);
  assert.deepEqual(says('hola'), ['unknown']);
});
