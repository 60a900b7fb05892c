// The keyboard wedge, fed with keys: node --test web/tests/wedge.test.mjs
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Wedge } from '../js/wedge.js';

const body = { tagName: 'BODY' };
const field = () => ({ tagName: 'INPUT', type: 'text', value: '', dispatchEvent() {} });
globalThis.Event ??= class {};

// A page with a wedge: keys go in, readings come out.
function page() {
  const read = [];
  let listen;
  const target = { addEventListener: (_, f) => { listen = f; }, removeEventListener() {} };
  new Wedge({ target, onScan: code => read.push(code) });
  let now = 0;
  const key = (key, at, gap) => {
    now += gap;
    const e = {
      key, target: at, timeStamp: now, stopped: false,
      preventDefault() { this.stopped = true; }, stopImmediatePropagation() {},
    };
    listen(e);
    if (!e.stopped && key.length === 1 && at !== body) at.value += key;
  };
  const keys = (text, at, gap) => [...text].forEach(k => key(k, at, gap));
  return { read, key, keys };
}

test('a reading outside of fields may be slow', () => {
  const p = page();
  p.keys('100700012330', body, 400);
  p.key('Enter', body, 400);
  assert.deepEqual(p.read, ['100700012330']);
});

test('a reading inside a field is taken out of it again', () => {
  const p = page(), f = field();
  p.keys('mesa ', f, 200);
  p.key('1', f, 500);
  p.keys('00700012330', f, 5);
  p.key('Enter', f, 5);
  assert.deepEqual(p.read, ['100700012330']);
  assert.equal(f.value, 'mesa ');
});

test('what was typed into a field just before is no part of a reading outside of it', () => {
  for (const gap of [5, 300]) {
    const p = page(), f = field();
    p.keys('Recepcion', f, 20);
    p.key('1', body, gap);
    p.keys('00700012330', body, 5);
    p.key('Enter', body, 5);
    assert.deepEqual(p.read, ['100700012330'], `after ${gap} ms`);
    assert.equal(f.value, 'Recepcion');
  }
});

test('the focus that moves while a reading comes in does not break it', () => {
  const p = page(), button = { tagName: 'BUTTON' };
  p.keys('100700', body, 5);
  p.keys('012330', button, 5);
  p.key('Enter', button, 5);
  assert.deepEqual(p.read, ['100700012330']);
});
