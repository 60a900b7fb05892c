// node --test web/tests/
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Latch } from '../js/latch.js';
import { Outbox } from '../js/outbox.js';

// A storage as the browser's: its keys are its own properties, its methods are not.
class Store {
  getItem(k) { return this[k] ?? null; }
  setItem(k, v) { this[k] = String(v); }
  removeItem(k) { delete this[k]; }
}
const settled = () => new Promise(done => setTimeout(done, 5));

function outbox(storage, person, send, device) {
  const seen = { answers: [], troubles: [], done: [] };
  const box = new Outbox({
    person, device, send, storage, againMs: 1,
    onSending: () => {}, onAnswer: scan => seen.answers.push(scan.id),
    onTrouble: (why, waiting) => seen.troubles.push([why, waiting.map(s => s.id)]),
    onDone: others => seen.done.push(others),
  });
  return { box, seen };
}
const ok = async () => ({ answer: { outcome: 'accepted' } });

test('two windows keep each its readings', async () => {
  const store = new Store(), down = async () => ({ trouble: 'off' });
  const a = outbox(store, 'ana', down), b = outbox(store, 'ana', down);
  await a.box.put({ id: '1' });
  await b.box.put({ id: '2' });
  for (const { box } of [a, b]) clearTimeout(box.timer);
  const later = outbox(store, 'ana', ok);
  await later.box.drain();
  assert.deepEqual(later.seen.answers, ['1', '2']);
  assert.deepEqual(later.box.kept(), []);
});

test('a window sends what another one read under that one\'s name', async () => {
  const store = new Store(), sent = [];
  const a = outbox(store, 'ana', async () => ({ trouble: 'off' }), 'pc.a');
  await a.box.put({ id: '1', seq: 1 });
  clearTimeout(a.box.timer);
  const b = outbox(store, 'ana', async (scan, device) => {
    sent.push([device, scan.seq]);
    return { answer: { outcome: 'accepted' } };
  }, 'pc.b');
  await b.box.put({ id: '2', seq: 1 });
  assert.deepEqual(sent, [['pc.a', 1], ['pc.b', 1]], 'no number of one count is taken for another\'s');
});

test('nobody sends the readings of somebody else', async () => {
  const store = new Store();
  const ana = outbox(store, 'ana', async () => ({ trouble: 'auth' }));
  await ana.box.put({ id: '1' });
  clearTimeout(ana.box.timer);
  const eva = outbox(store, 'eva', ok);
  await eva.box.put({ id: '2' });
  assert.deepEqual(eva.seen.answers, ['2']);
  assert.deepEqual(eva.seen.done, [1], 'and says that one waits');
  const again = outbox(store, 'ana', ok);
  await again.box.drain();
  assert.deepEqual(again.seen.answers, ['1']);
});

test('a reading that arrives while another is on its way is sent too, once and in order', async () => {
  const sent = [], release = [];
  const { box, seen } = outbox(new Store(), 'ana', scan => {
    sent.push(scan.id);
    return new Promise(done => release.push(() => done({ answer: { outcome: 'accepted' } })));
  });
  box.put({ id: '1' });
  box.put({ id: '2' });
  await settled();
  assert.deepEqual(sent, ['1']);
  release[0]();
  await settled();
  box.put({ id: '3' });
  release[1]();
  await settled();
  release[2]();
  await box.done;
  assert.deepEqual(sent, ['1', '2', '3']);
  assert.deepEqual(seen.answers, ['1', '2', '3']);
});

test('it tries again by itself until the server has answered', async () => {
  let up = false;
  const { box, seen } = outbox(new Store(), 'ana', async () => up ? { answer: { outcome: 'accepted' } } : { trouble: 'off' });
  await box.put({ id: '1' });
  assert.deepEqual(seen.troubles[0], ['off', ['1']]);
  up = true;
  while (!seen.answers.length) await settled();
  assert.deepEqual(seen.answers, ['1']);
});

test('a stop stands until it is acknowledged, and none is forgotten', () => {
  const latch = new Latch();
  assert.equal(latch.stop('A'), true);
  assert.equal(latch.stop('B', 'b'), false);
  assert.equal(latch.stop('C'), false);
  latch.answered('b');
  assert.equal(latch.next(), 'A', 'an answer to another reading takes no stop away');
  assert.equal(latch.acknowledge(), 'C', 'B was saved meanwhile');
  assert.equal(latch.acknowledge(), null);
  assert.equal(latch.stands, null);
});

test('the stop of an unsaved reading goes when that reading is answered', () => {
  const latch = new Latch();
  latch.stop('unsaved', '1');
  latch.answered('1');
  assert.equal(latch.next(), null);
});
