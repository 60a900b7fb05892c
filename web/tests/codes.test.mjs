import test from 'node:test';
import assert from 'node:assert/strict';
import { checks, classify, grouped, uuid7 } from '../js/codes.js';

test('the design vectors are codes', () => {
  for (const code of ['100700012330', '100000000190', '299999999986']) assert.deepEqual(classify(code), { kind: 'tube', code });
  assert.equal(classify('501200004242').kind, 'other');
});
test('scanners may frame and separate it', () => {
  for (const raw of ['1-007-000123-30', "1'007'000123'30", ']C0100700012330', ' 100700012330\r\n', '1/007/000123/30'])
    assert.equal(classify(raw).code, '100700012330', raw);
});
test('what is not a tube is named', () => {
  assert.equal(classify('100700012331').kind, 'unreadable');
  assert.equal(classify('10070001233').kind, 'unreadable');
  assert.equal(classify(']C1010123456789012817').kind, 'foreign');
  assert.equal(classify('=G12349').kind, 'foreign');
  assert.equal(classify('\r\n').kind, 'empty');
});
test('no single substitution passes', () => {
  const code = '100700012330';
  for (let i = 0; i < 12; i++) for (const d of '0123456789')
    if (code[i] !== d) assert.equal(checks(code.slice(0, i) + d + code.slice(i + 1)), false);
});
test('ids ascend even when the clock steps back', () => {
  const ids = [uuid7(2_000), uuid7(1_000), uuid7(1_000), uuid7(3_000)];
  assert.deepEqual([...ids].sort(), ids);
  assert.match(ids[0], /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(grouped('100700012330'), '1-007-000123-30');
});
