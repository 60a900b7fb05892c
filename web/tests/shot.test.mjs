// What one press of the trigger brought: node --test web/tests/shot.test.mjs
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Company, isWhole, shot } from '../js/shot.js';

const TUBE = '100700012330', OTHER = '299999999986', BOX = '501200004242', EAN = '7501031311309';
const found = (raw, want) => {
  const none = { ours: [], makers: [], texts: [], digits: [] };
  assert.deepEqual(shot(raw), { ...none, ...want }, raw);
};

test('every kind of code that is printed is found in each form that the grammar knows', () => {
  for (const code of [TUBE, OTHER, BOX, '900000000441'])
    for (const raw of [code, `]C0${code}`, `]d1${code}`, `\u001d${code}`, `\u0002${code}\u0003`, ` ${code}\r\n`,
      code.replace(/^(.)(...)(......)(..)$/, '$1-$2-$3-$4'), code.replace(/^(.)(...)(......)(..)$/, "$1'$2'$3'$4"), code.replace(/^(.)(...)(......)(..)$/, '$1 $2 $3 $4')])
      found(raw, { ours: [code] });
});
test('two codes without a gap are two readings', () => {
  found(TUBE + OTHER, { ours: [TUBE, OTHER] });
  found(TUBE + TUBE, { ours: [TUBE, TUBE] });
  found(TUBE + OTHER + BOX, { ours: [TUBE, OTHER, BOX] });
  found(`]C0${TUBE}]d1${OTHER}`, { ours: [TUBE, OTHER] });
  for (const raw of [TUBE, TUBE + OTHER, TUBE + EAN]) assert.ok(isWhole(raw), raw);
});
test('ours counts beside a maker\'s code, on either side, with and without a separator', () => {
  for (const between of ['', '\u001d', '\t', ' ', '\n'])
    for (const raw of [TUBE + between + EAN, EAN + between + TUBE]) {
      if (between === ' ') continue;  // blanks may stand inside of ours
      found(raw, { ours: [TUBE], makers: [EAN] });
    }
  found(`${EAN} ${TUBE}`, { ours: [TUBE], makers: [EAN] });
  found(`]C0${TUBE}]E0${EAN}`, { ours: [TUBE], makers: [EAN] });
  found(`]C0${TUBE}]C10107501031311309172601311012AB`, { ours: [TUBE], makers: ['0107501031311309172601311012AB'] });
  found(TUBE + '036000291452', { ours: [TUBE], makers: ['036000291452'] });
  found(TUBE + EAN + OTHER, { ours: [TUBE, OTHER], makers: [EAN] });
});
test('ours counts beside a maker\'s letters', () => {
  found(`${TUBE}BD367525`, { ours: [TUBE], texts: ['BD367525'] });
  found(`BD-A${TUBE}`, { ours: [TUBE], texts: ['BD-A'] });
  found(`BD367525${TUBE}`, { ours: [TUBE], texts: ['BD367525'] });
  found(`LOT 4129/B ${TUBE}`, { ours: [TUBE], texts: ['LOT 4129/B'] });
  found(`1-007-000123-30;BD367525`, { ours: [TUBE], texts: [';BD367525'] });
});
test('digits that are no code are never taken for a maker\'s, and never left out', () => {
  found('100700012331', { digits: ['100700012331'] });
  found('0700012330', { digits: ['0700012330'] });
  found(`0700012330${TUBE}`, { ours: [TUBE], digits: ['0700012330'] });
  found(`${TUBE}4129`, { ours: [TUBE], digits: ['4129'] });
  found('036000291452', { digits: ['036000291452'] });
  assert.ok(!isWhole(`0700012330${TUBE}`));
  for (let n = 1; n < 12; n++) assert.ok(!isWhole(TUBE.slice(0, n)), 'a beginning is not whole');
});
test('a maker\'s code alone is known', () => {
  for (const raw of [EAN, '40170725', '17501031311306', '010750103131130917260131']) found(raw, { makers: [raw] });
  found('BD367525', { texts: ['BD367525'] });
  found(`https://rastro.example/es/muestras/${TUBE}`, { texts: [`https://rastro.example/es/muestras/${TUBE}`] });
  found('\r\n', {});
});
test('between two tubes nobody chooses', () => {
  // Each of the overlapping ends is a code of ours.
  let both = null;
  for (let n = 0; n < 1000 && !both; n++) {
    const raw = TUBE + String(n).padStart(3, '0');
    const end = shot(raw.slice(-12)).ours;
    if (end.length) both = raw;
  }
  assert.ok(both);
  found(both, { digits: [both] });
});

function company(t) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const said = [];
  let now = 0;
  const names = o => [...o.makers, ...o.texts, ...o.digits].join();
  const c = new Company({ onOurs: code => said.push(`ours ${code}`), onBeside: o => said.push(`beside ${names(o)}`), onAlone: o => said.push(`alone ${names(o)}`), now: () => now });
  const pass = ms => { now += ms; t.mock.timers.tick(ms); };
  return { said, pass, read: (raw, meta = {}) => c.add(shot(raw), meta) };
}
test('two readings of one moment are one shot, in either order', t => {
  const c = company(t);
  c.read(TUBE); c.pass(40); c.read(EAN); c.pass(1000);
  assert.deepEqual(c.said.splice(0), [`ours ${TUBE}`, `beside ${EAN}`]);
  c.read(EAN); c.pass(40); c.read(OTHER); c.pass(1000);
  assert.deepEqual(c.said.splice(0), [`ours ${OTHER}`, `beside ${EAN}`]);
  c.read('4129'); c.pass(10); c.read('BD12'); c.pass(10); c.read(TUBE); c.pass(1000);
  assert.deepEqual(c.said.splice(0), [`ours ${TUBE}`, 'beside BD12,4129']);
});
test('what arrived together belongs together, also where a busy page gets round to it late', t => {
  const c = company(t);
  c.read(TUBE, { at: 1000 }); c.pass(5000); c.read(EAN, { at: 1040 }); c.pass(1000);
  assert.deepEqual(c.said.splice(0), [`ours ${TUBE}`, `beside ${EAN}`]);
  c.read(OTHER, { at: 9000 }); c.read(EAN, { at: 9400 }); c.pass(1000);
  assert.deepEqual(c.said, [`ours ${OTHER}`, `alone ${EAN}`]);
});
test('what comes alone is said, and only once', t => {
  const c = company(t);
  c.read('4129876'); c.pass(299);
  assert.deepEqual(c.said, []);
  c.pass(1000);
  assert.deepEqual(c.said.splice(0), ['alone 4129876']);
  c.read(TUBE); c.pass(400); c.read(EAN); c.pass(400);
  assert.deepEqual(c.said, [`ours ${TUBE}`, `alone ${EAN}`]);
});
test('what looks like one of ours, misread, is never only named', t => {
  const c = company(t);
  c.read(TUBE); c.pass(40); c.read('100700012331'); c.pass(1000);
  assert.deepEqual(c.said, [`ours ${TUBE}`, 'alone 100700012331']);
});
test('a card is nothing that a reading could belong to', t => {
  const c = company(t);
  c.read('900000000441'); c.pass(40); c.read(EAN); c.pass(1000);
  assert.deepEqual(c.said, ['ours 900000000441', `alone ${EAN}`]);
});
