import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeviceClock, amount } from '../js/clock.js';

// A computer whose clock is `wrong` ms from the server's; both run with `t.now`.
function computer(wrong, loading = 300) {
  const t = { now: 1_000_000, wrong };
  const wall = () => t.now + t.wrong, steady = () => t.now - 1_000_000;
  const served = t.now;
  t.now += loading;  // the page was on its way and was read
  return { t, clock: new DeviceClock(served, 0, wall, steady) };
}

test('the offset is known before anything was asked, however long the page took to be read', () => {
  for (const wrong of [0, 3_600_000, -3_600_000, -340_000_000_000]) {
    assert.equal(computer(wrong).clock.offsetMs(), -wrong || 0);
    assert.equal(computer(wrong, 20_000).clock.offsetMs(), -wrong || 0);
  }
});

test('a clock that is set while the page is open is not known until the next answer', () => {
  const { t, clock } = computer(-3_600_000);
  t.wrong = 0;
  assert.equal(clock.offsetMs(), null);
  const asked = clock.moment();
  t.now += 100;
  clock.answered(t.now - 50, asked);
  assert.equal(clock.offsetMs(), 0);
});

test('an answer that took long, or in which the clock was set, teaches nothing', () => {
  const { t, clock } = computer(5000);
  let asked = clock.moment();
  t.now += 20_000;
  clock.answered(t.now - 20_000, asked);
  assert.equal(clock.offsetMs(), -5000);
  asked = clock.moment();
  t.now += 100; t.wrong += 60_000;
  clock.answered(t.now, asked);
  assert.equal(clock.offsetMs(), null);
});

test('a page that says no time leaves it to the server', () => {
  assert.equal(new DeviceClock(NaN, 0, () => 1, () => 1).offsetMs(), null);
});

test('it is told past two minutes, and which way', () => {
  assert.equal(computer(120_000).clock.skewSeconds(), 0);
  assert.equal(computer(-3_600_000).clock.skewSeconds(), 3600);
  assert.equal(computer(3_600_000).clock.skewSeconds(), -3600);
});

test('amounts are told in the unit a person would say', () => {
  assert.deepEqual(amount(3600), { unit: 'minutes', n: 60 });
  assert.deepEqual(amount(7200), { unit: 'hours', n: 2 });
  assert.deepEqual(amount(172_800), { unit: 'days', n: 2 });
});
