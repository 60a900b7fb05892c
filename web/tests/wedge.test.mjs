// The keyboard wedge, fed with keys: node --test web/tests/wedge.test.mjs
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWhole } from '../js/shot.js';
import { Wedge } from '../js/wedge.js';

const TUBE = '100700012330', OTHER = '299999999986';
const body = { tagName: 'BODY' };
const field = () => ({ tagName: 'INPUT', type: 'text', value: '', dispatchEvent() {} });
globalThis.Event ??= class {};

// A page with a wedge as the station has it: keys go in, readings come out.
function page(t, more = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const read = [], metas = [], listen = {}, pressed = [];
  const target = { addEventListener: (kind, f) => { listen[kind] = f; }, removeEventListener() {} };
  new Wedge({
    target, complete: isWhole, told: (text, burst) => (burst ? text.length >= 4 : /^\d{6,}$/.test(text)),
    onScan: (code, meta) => { read.push(code); metas.push(meta); }, ...more,
  });
  let now = 0;
  const pass = ms => { for (let i = 0; i < ms; i++) { now += 1; t.mock.timers.tick(1); } };
  const send = (kind, key, at, more = {}) => {
    const e = {
      key, target: at, timeStamp: now, stopped: false, getModifierState: () => false, ...more,
      preventDefault() { this.stopped = true; }, stopImmediatePropagation() {},
    };
    listen[kind](e);
    if (kind === 'keydown' && !e.stopped) {
      pressed.push(key);
      if (key.length === 1 && at !== body) at.value += key;
    }
    return e;
  };
  const key = (key, at, gap, more) => { pass(gap); return send('keydown', key, at, more); };
  const keys = (text, at, gap) => [...text].forEach(k => key(k, at, gap));
  // As a scanner in ALT mode: the number of each character on the keypad.
  const alt = (text, at, gap, { zero = '0', lock = true } = {}) => {
    for (const c of text) {
      const n = c === '\r' ? `${zero}13` : zero + c.codePointAt(0);
      pass(gap); send('keydown', 'Alt', at, { altKey: true, code: 'AltLeft' });
      for (const d of n) { pass(gap); send('keydown', lock ? d : 'Insert', at, { altKey: true, code: `Numpad${d}` }); }
      pass(gap); send('keyup', 'Alt', at, { code: 'AltLeft' });
    }
  };
  return { read, metas, pressed, key, keys, alt, pass, send };
}

test('a reading outside of fields may be slow', t => {
  const p = page(t);
  p.keys(TUBE, body, 400);
  p.key('Enter', body, 400);
  p.pass(3000);
  assert.deepEqual(p.read, [TUBE]);
  assert.deepEqual(p.pressed, []);
});

test('a reading inside a field is taken out of it again', t => {
  for (const end of ['Enter', 'Tab', null]) {
    const p = page(t), f = field();
    p.keys('mesa ', f, 200);
    p.key('1', f, 500);
    p.keys('00700012330', f, 5);
    if (end) p.key(end, f, 5);
    p.pass(2000);
    assert.deepEqual(p.read, [TUBE], String(end));
    assert.equal(f.value, 'mesa ');
    t.mock.timers.reset();
  }
});

test('what was typed into a field just before is no part of a reading outside of it', t => {
  for (const gap of [5, 300]) {
    const p = page(t), f = field();
    p.keys('Recepcion', f, 20);
    p.key('1', body, gap);
    p.keys('00700012330', body, 5);
    p.key('Enter', body, 5);
    assert.deepEqual(p.read, [TUBE], `after ${gap} ms`);
    assert.equal(f.value, 'Recepcion');
    t.mock.timers.reset();
  }
});

test('the focus that moves while a reading comes in does not break it', t => {
  const p = page(t), button = { tagName: 'BUTTON' };
  p.keys('100700', body, 5);
  p.keys('012330', button, 5);
  p.key('Enter', button, 5);
  assert.deepEqual(p.read, [TUBE]);
});

test('without a suffix a whole code and quiet are a reading, at every speed', t => {
  for (const gap of [1, 5, 20, 60]) {
    const p = page(t);
    p.keys(TUBE, body, gap);
    p.pass(140);
    assert.deepEqual(p.read, [], `${gap} ms: not yet quiet`);
    p.pass(20);
    assert.deepEqual(p.read, [TUBE], `${gap} ms`);
    assert.equal(p.metas[0].open, true);
    p.pass(200);
    p.keys(OTHER, body, gap);
    p.pass(3000);
    assert.deepEqual(p.read, [TUBE, OTHER], `${gap} ms: the second too`);
    t.mock.timers.reset();
  }
});

test('without a suffix and without a gap both codes arrive', t => {
  const p = page(t);
  p.keys(TUBE + OTHER, body, 5);
  p.pass(200);
  assert.deepEqual(p.read, [TUBE + OTHER]);
});

test('a page that was busy settles the first code before the second', t => {
  const p = page(t);
  p.keys(TUBE, body, 5);
  // No timer ran meanwhile: only the time of the next key tells.
  const late = p.send('keydown', OTHER[0], body);
  assert.ok(late.stopped);
  p.keys(OTHER.slice(1), body, 5);
  p.pass(200);
  assert.deepEqual(p.read.join(''), TUBE + OTHER);
});

test('digits that make no code are told, once it is quiet for longer', t => {
  const p = page(t);
  p.keys('10070001233', body, 5);
  p.pass(300);
  assert.deepEqual(p.read, [], 'a radio may stutter');
  p.pass(400);
  assert.deepEqual(p.read, ['10070001233']);
  assert.equal(p.metas[0].open, true);
  p.pass(2000);
  p.keys('4129', body, 300);
  p.pass(3000);
  assert.equal(p.read.length, 1, 'a few keys of a person are none');
});

test('a suffix that comes late still belongs to its reading', t => {
  const p = page(t), button = { tagName: 'BUTTON' };
  p.keys(TUBE, body, 5);
  p.key('Enter', button, 180);
  p.key('Enter', button, 400);
  p.pass(2000);
  assert.deepEqual([p.read, p.pressed], [[TUBE], []]);
});

test('a typist in a field is left alone', t => {
  const p = page(t), f = field();
  p.keys('Recepcion 1', f, 70);
  p.key('Enter', f, 70);
  p.keys('4129', f, 5);
  p.pass(2000);
  p.keys(TUBE, f, 90);
  p.pass(2000);
  assert.deepEqual(p.read, []);
  assert.equal(f.value, `Recepcion 14129${TUBE}`);
});

test('a number that is typed for each character is heard like a key', t => {
  for (const gap of [1, 8, 20]) for (const how of [{}, { zero: '' }, { zero: '00' }, { lock: false }]) {
    const p = page(t);
    p.alt(`${TUBE}\r`, body, gap, how);
    p.pass(600);
    assert.deepEqual(p.read, [TUBE], `${gap} ms ${JSON.stringify(how)}`);
    p.alt(OTHER, body, gap, how);
    p.pass(2000);
    assert.deepEqual(p.read, [TUBE, OTHER], `${gap} ms ${JSON.stringify(how)}, no suffix`);
    t.mock.timers.reset();
  }
});

test('a number goes into a field as it is typed, and is taken out again', t => {
  const p = page(t), f = Object.assign(field(), { value: 'mesa 2' });
  p.alt(`${TUBE}\r`, f, 4);
  f.value = `mesa 2${f.value.slice(6)}`;
  assert.deepEqual([p.read, f.value], [[TUBE], 'mesa 2']);
});

test('digits of a keypad without NumLock are heard, arrows of a person are not', t => {
  const NAMES = ['Insert', 'End', 'ArrowDown', 'PageDown', 'ArrowLeft', 'Clear', 'ArrowRight', 'Home', 'ArrowUp', 'PageUp'];
  const p = page(t);
  for (const d of TUBE) p.key(NAMES[d], body, 5, { code: `Numpad${d}` });
  p.key('Enter', body, 5);
  assert.deepEqual(p.read, [TUBE]);
  p.pass(2000);
  for (let i = 0; i < 8; i++) p.key('ArrowDown', body, 300, { code: 'Numpad2' });
  p.pass(3000);
  assert.equal(p.read.length, 1);
});

test('after a reading nothing but characters is heard for a moment', t => {
  const p = page(t), button = { tagName: 'BUTTON' };
  p.keys(TUBE, button, 5);
  for (const k of ['Enter', 'Enter', 'Tab', 'Escape', 'F4', 'ArrowDown']) p.key(k, button, 20);
  assert.deepEqual([p.read, p.pressed], [[TUBE], []]);
  p.keys(OTHER, button, 5);
  p.key('Enter', button, 5);
  assert.deepEqual(p.read, [TUBE, OTHER], 'the next tube is');
  p.pass(400);
  p.key('Enter', button, 5);
  p.key('F4', button, 5);
  assert.deepEqual(p.pressed, ['Enter', 'F4'], 'a person\'s own keys act again');
});

test('a list is found by letters, and hears a reading', t => {
  const p = page(t), list = { tagName: 'SELECT', value: 'x' };
  p.keys('recep', list, 150);
  p.key('Enter', list, 150);
  assert.deepEqual([p.read, p.pressed.join('')], [[], 'recepEnter']);
  p.pass(1500);
  p.keys(TUBE, list, 90);
  p.key('Enter', list, 90);
  assert.deepEqual(p.read, [TUBE]);
});
