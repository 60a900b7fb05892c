// The scan station. Nothing is shown as recorded before the server said so, and nothing read is
// dropped: the outbox keeps a reading until it is answered, the latch keeps a stop until it is seen.
import { closeAll, openOne, openThe } from './dialogs.js';
import { DeviceClock, amount } from './clock.js';
import { Outbox } from './outbox.js';
import { Panel } from './panel.js';
import { Company, isWhole, shot } from './shot.js';
import { Wedge } from './wedge.js';
import { classify, grouped, uuid7 } from './codes.js';
import { signal, unlockAudio } from './feedback.js';

const $ = s => document.querySelector(s);
const T = JSON.parse($('#texts').textContent);
const t = (key, values = {}) => (T[key] ?? key).replace(/\{(\w+)\}/g, (_, n) => values[n] ?? '');
const lang = document.documentElement.lang;
const KIND = { accepted: 'ok', accepted_with_warning: 'warn', already: 'info', refused: 'stop' };
const store = {
  get(key, otherwise) { try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; } },
  set(key, value) { localStorage.setItem(key, JSON.stringify(value)); },
};
const computer = store.get('rastro-device', null) ?? (() => {
  const id = `est-${uuid7().slice(-8)}`; store.set('rastro-device', id); return id;
})();
// Each window counts its own readings: two that shared a count could give one number twice.
const device = `${computer}.${uuid7().slice(-12)}`;
const person = $('#panel').dataset.person;
const state = {
  seq: 0, recent: [], count: 0, announced: new Set(), here: new Map(), leaving: false,
  last: { code: '', action: '', at: 0, of: null }, besides: new Map(),
};
const byTouch = matchMedia('(pointer:coarse)');  // a phone has no F2
const panel = new Panel({ t, idle });
const { latch } = panel;
const show = (kind, what, unsaved) => panel.show(kind, what, unsaved);
// Known from the page itself, so that the first reading is not stored by a wrong clock.
const clock = new DeviceClock(Date.parse($('#panel').dataset.serverNow), performance.getEntriesByType('navigation')[0]?.responseStart ?? 0);

// What the panel shows while nothing stands: what waits is not recorded, and is not forgotten.
function idle() {
  const n = outbox.mine().length;
  if (n) return { kind: 'not', word: t('js-waiting', { n }), next: t('js-waiting-next'), of: 'waiting' };
  return { kind: 'idle', word: t('js-idle'), next: t(byTouch.matches ? 'js-idle-touch' : 'js-idle-next') };
}

// ---- the step and what it needs -------------------------------------------------------------
const step = $('#step');
const STEP = `rastro-step-${person}`;  // each person's own: the next one on this computer does other work
const needs = () => (step.selectedOptions[0]?.dataset.needs ?? '').split(' ');
function showNeeds() {
  const wanted = needs();
  for (const field of document.querySelectorAll('[data-for]')) field.hidden = !wanted.includes(field.dataset.for);
  $('#condition').value = '';  // said of a tube in this step, and of none in another
  $('#step-name').textContent = step.selectedOptions[0]?.textContent ?? '';
  store.set(STEP, step.value);
  showTold();
}
// Whom the chosen reason is told to, beside who was.
function showTold() {
  const told = $('#reason').selectedOptions[0]?.dataset.told, hint = $('#notified-hint');
  hint.hidden = !told;
  hint.textContent = told ? `${hint.dataset.text} ${told}` : '';
}
// What the step needs, or null when something is missing.
function details() {
  const out = {}, value = id => $(`#${id}`)?.value.trim() ?? '';
  for (const field of document.querySelectorAll('[data-for]:not([hidden])')) {
    const name = field.dataset.for, v = value(name);
    if (!v && !['deviation', 'condition'].includes(name)) { $(`#${name}`).focus({ preventScroll: true }); return null; }
    if (v && name === 'condition') {
      // It is said of one tube: the next one is as good as new.
      out.condition = [v];
      $('#condition').value = '';
    } else if (v) out[['note', 'deviation'].includes(name) ? 'reason' : name] = v;
  }
  if (step.value === 'reject') out.notified_at = now();
  return out;
}
const now = () => new Date(Date.now()).toISOString();

// ---- one reading ----------------------------------------------------------------------------
// All that a reading means is taken down in the moment it is read: the step that is chosen while
// an earlier one is still on its way is not its step.
function read(raw, meta = {}) {
  closeAll();  // whatever was being read or typed: a tube is in the hand now
  document.activeElement?.blur();  // and no button waits for the next Enter
  guarded(() => company.add(shot(raw), meta));
}
function guarded(what) { try { what(); } catch (error) { fatal(error); } }
const company = new Company({
  onOurs: (code, meta) => guarded(() => handle(code, meta)),
  onBeside: beside, onAlone: alone,
});
// What was read is told of the reading it belongs to, also once that is answered.
function handle(code, meta = {}) {
  if (code[0] === '9') return card(code);
  if (latch.stands) { state.last.of = null; signal('stop'); return; }
  // One press of the trigger can give two readings. Of another step it is a reading of its own.
  const action = meta.action ?? step.value, { last } = state, at = meta.at ?? performance.now();
  if (code === last.code && action === last.action && at - last.at < 200) return;
  state.last = { code, action, at, of: code };
  const more = details();
  if (!more) return show('not', { word: t('js-need'), code, next: t('js-need-next'), of: code });
  // Said of one tube: the next one must not be accepted with it.
  $('#deviation').value = '';
  state.last.of = record({ action, code, source: meta.source === 'manual' ? 'manual' : 'wedge', ...more });
}
// Codes of others that came with one of ours. Digits may be another tube's label, cut.
function beside({ makers, texts, digits }) {
  const { of } = state.last, cut = list => list.join(', ').slice(0, 60);
  const text = [
    makers.length + texts.length ? t('js-beside', { what: cut([...makers, ...texts]) }) : '',
    digits.length ? t('js-beside-digits', { what: cut(digits) }) : '',
  ].filter(Boolean).join(' ');
  if (!of) return;
  state.besides.set(of, { text, doubt: digits.length > 0 });
  panel.beside(of, state.besides.get(of));
}
// A reading without any code of ours.
function alone({ makers, texts, digits }, meta) {
  if (latch.stands) return signal('stop');
  if (digits.length) {
    const key = meta.open ? 'js-no-end' : 'js-bad-check';
    return show('stop', { word: t(key), code: digits.join(' ').slice(0, 60), next: t(`${key}-next`) });
  }
  const key = makers.length ? 'js-maker' : 'js-foreign';
  show('not', { word: t(key), code: ([...makers, ...texts][0] ?? '').slice(0, 40), next: t(`${key}-next`) });
}
// A card beside the station: what a key or the list of steps does, without taking the gloves off.
function card(code) {
  const { last } = state;
  if (code === last.code && performance.now() - last.at < 200) return;
  state.last = { code, action: 'card', at: performance.now(), of: null };
  const does = document.querySelector(`[data-card="${code}"]`);
  if (latch.stands && does?.id !== 'ack') return signal('stop');
  if (!does) return show('not', { word: t('js-card-unknown'), code, next: t('js-card-unknown-next') });
  if (does.id === 'test-label') return show('note', { word: t('js-card-test'), code, next: t('js-card-test-next') });
  if (does.tagName !== 'OPTION') return does.click();
  step.value = does.value; showNeeds();
  show('note', { word: does.textContent, next: t('js-card-step') });
}
function record(what) {
  state.seq += 1;
  const scan = { id: uuid7(), seq: state.seq, occurred_at: now(), clock_offset_ms: clock.offsetMs(), ...where(), ...what };
  state.here.set(scan.id, 'read');
  outbox.put(scan).catch(fatal);
  renderRecent();
  setTimeout(() => onItsWay(scan), SLOW_MS);
  return scan.id;
}
// The panel must not go on showing the tube before as recorded while this one is on its way.
const SLOW_MS = 300;
function onItsWay(scan) {
  if (state.here.get(scan.id) !== 'read' || state.announced.has(scan.id)) return;
  show('not', { word: t('js-sending'), code: scan.code, next: t('js-sending-next'), of: scan.id, silent: true });
}

// ---- sending --------------------------------------------------------------------------------
const outbox = new Outbox({
  person, device, send,
  onSending: n => net('sync', t('js-net-sync', { n })),
  onAnswer: (scan, answer) => {
    windows.postMessage({ person, scan, answer });
    if (state.here.get(scan.id) !== 'answered') answered(scan, answer);
  },
  onTrouble: unsaved,
  onDone: others => {
    if (others) net('auth', t('js-net-others', { n: others })); else net('on', t('js-net-on'));
    if (panel.what.of === 'waiting') panel.idle();
  },
});
async function send(scan, device) {
  const asked = clock.moment();
  try {
    const response = await fetch('/api/v1/scans', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-rastro': '1', 'x-rastro-person': person, 'accept-language': lang },
      body: JSON.stringify({ device, device_now: now(), person, scans: [scan] }),
      signal: AbortSignal.timeout(8000),
    });
    if (response.status === 401 || response.status === 403) return { trouble: 'auth' };
    // Reached, but it can't save now (its disk is full, its database is away): it says so itself.
    if (response.status >= 500 || [408, 425, 429].includes(response.status)) return ill(response);
    const body = await response.json();  // not of Rastro, as a hotel's sign-in page: not an answer
    if (response.ok) {
      clock.answered(Date.parse(body.server_now), asked);
      showClock(body.server_clock_behind);
      const answer = body.results[0];
      if (!answer) return { trouble: 'off' };
      // Not decided: kept, like one that never arrived.
      return answer.outcome === 'not_tried' ? { trouble: 'ill', said: `${answer.text}. ${answer.next}` } : { answer };
    }
    if (body.code === 'another-person') return { trouble: 'person' };
    if (!body.request_id) return { trouble: 'off' };
    return { answer: { outcome: 'refused', text: body.errors?.[0]?.detail ?? body.detail, next: t('js-refused-next') } };
  } catch { return { trouble: 'off' }; }
}
// What the server says of itself, if it was the server that answered and not something before it.
async function ill(response) {
  try {
    const { detail, request_id } = await response.json();
    return request_id ? { trouble: 'ill', said: detail } : { trouble: 'off' };
  } catch { return { trouble: 'off' }; }
}
// Another window of this person may have sent what was read in this one: its answer is shown here too.
const windows = new BroadcastChannel('rastro-answers');
windows.addEventListener('message', ({ data: { person: whose, scan, answer } }) => {
  if (whose !== person) return;
  if (state.here.get(scan.id) === 'read') return answered(scan, answer);
  latch.answered(scan.id);
  if (panel.kind === 'stop' || panel.what.of === 'waiting') panel.standing();
  renderRecent();
});
function answered(scan, answer) {
  if (state.here.has(scan.id)) state.here.set(scan.id, 'answered');
  state.count += 1;
  state.recent.unshift({ scan, answer });
  if (scan.action === 'undo' && answer.outcome.startsWith('accepted')) {
    const taken = state.recent.find(r => r.scan.id === scan.corrects);
    if (taken) taken.undone = true;
  }
  state.recent.length = Math.min(state.recent.length, 30);
  renderRecent();
  latch.answered(scan.id);
  const kind = KIND[answer.outcome], beside = state.besides.get(scan.id);
  show(kind === 'ok' && beside?.doubt ? 'warn' : kind, {
    word: answer.text, code: answer.container?.code ?? scan.code, facts: facts(answer.container), next: answer.next, beside, of: scan.id,
  });
  if (latch.next() && panel.kind !== 'stop') panel.standing();
}
const TROUBLE = { off: 'js-not-saved', ill: 'js-not-saved', auth: 'js-signed-out', person: 'js-other-person' };
// Said once of each reading; the attempts that follow are silent.
function unsaved(why, waiting, said) {
  const n = waiting.length;
  if (why === 'off') net('off', t('js-net-off', { n }));
  else if (why === 'ill') net('off', t('js-net-ill', { n }));
  else net('auth', t('js-net-auth'));
  for (const scan of waiting) {
    if (state.announced.has(scan.id)) continue;
    state.announced.add(scan.id);
    show('stop', { word: t(TROUBLE[why]), code: scan.code, next: said ? t('js-not-saved-said', { said }) : t(`${TROUBLE[why]}-next`) }, scan.id);
  }
  renderRecent();
}
// One sentence, once, beside the work: the readings themselves are right. Whose clock it is matters.
function showClock(serverBehind = 0) {
  const skew = clock.skewSeconds();
  const say = (key, seconds) => { const { unit, n } = amount(seconds); return t(key, { amount: t(`js-clock-${unit}`, { n }) }); };
  let text = '';
  if (serverBehind > 0) text = say('js-clock-server', serverBehind);
  else if (skew > 0) text = say('js-clock-device-behind', skew);
  else if (skew < 0) text = say('js-clock-device-ahead', -skew);
  const line = $('#clock');
  if (line.textContent !== text) line.textContent = text;
  line.hidden = !text;
}
function net(kind, text) { $('#net').dataset.state = kind; $('#net-text').textContent = text; }
function facts(c) {
  if (!c) return [];
  const list = [c.specimen_text, { cap: c.cap, text: c.cap_text }, c.centre];
  if (c.age_h !== null) list.push(t('js-age', { age: c.age_h }));
  if (c.custodian) list.push(t('js-holder', { name: c.custodian }));
  return list;
}

// ---- recents and undo -----------------------------------------------------------------------
function renderRecent() {
  const clock = new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit', hour12: false });
  const line = (code, status, text, at) => {
    const li = document.createElement('li'), parts = ['mono', 's', 't'].map(c => Object.assign(document.createElement('span'), { className: c }));
    li.dataset.state = status;
    parts[0].textContent = grouped(code); parts[1].textContent = text; parts[2].textContent = clock.format(new Date(at));
    li.append(...parts);
    return li;
  };
  // As the server will store it: past a wrong clock of this computer, where that is known.
  const said = scan => Date.parse(scan.occurred_at) + (scan.clock_offset_ms ?? 0);
  const waiting = outbox.mine().map(s => line(s.code, 'pending', t('js-st-pending'), said(s))).reverse();
  const done = state.recent.map(({ scan, answer, undone }) =>
    line(scan.code, answer.outcome === 'refused' ? 'conflict' : undone ? 'void' : 'accepted', t(`js-st-${answer.outcome}`), said(scan)));
  $('#recent').replaceChildren(...[...waiting, ...done].slice(0, 8));
  $('#count').textContent = String(state.count);
}
function undo() {
  if (latch.stands) return signal('stop');
  // The last one may be among those: taking back the one before it would be the wrong tube.
  if (outbox.mine().length) return show('not', { word: t('js-undo-waits'), next: t('js-undo-waits-next') });
  const last = state.recent.find(r => r.answer.outcome.startsWith('accepted') && !['undo', 'confirm'].includes(r.scan.action) && !r.undone);
  if (!last) return show('note', { word: t('js-nothing-undo') });
  try {
    record({ action: 'undo', code: last.scan.code, corrects: last.scan.id, reason: t('js-undone'), source: 'manual' });
  } catch (error) { fatal(error); }
}
function fatal(error) {
  console.error(error);
  show('stop', { word: t('js-not-saved'), next: t('js-fatal-next', { what: String(error?.message ?? error) }) });
}

// ---- keys, dialog, start ----------------------------------------------------------------------
const openManual = () => {
  $('#manual-code').value = ''; $('#manual-err').hidden = true; $('#manual-code').removeAttribute('aria-invalid');
  openThe($('#manual'), $('#manual-code'));
};
$('#manual form').addEventListener('submit', event => {
  event.preventDefault();
  const value = $('#manual-code').value, c = classify(value);
  if (c.kind === 'tube' || c.kind === 'other') { closeAll(); guarded(() => handle(c.code, { source: 'manual' })); return; }
  $('#manual-err').textContent = t(c.kind === 'unreadable' && c.code.length === 12 ? 'js-manual-check' : 'js-manual-format');
  $('#manual-err').hidden = false;
  $('#manual-code').setAttribute('aria-invalid', 'true');
  $('#manual-code').focus();
});
const openHelp = () => openThe($('#help'));

// ---- the place of this device: chosen once, said with every scan ---------------------------------
const placeNow = () => store.get('rastro-place', '');
const where = () => placeNow() ? { place: placeNow() } : {};
function showPlace() {
  $('#place-now').textContent = placeNow() || t('js-place-none');
  $('#b-place').dataset.none = placeNow() ? '' : '1';
}
const openPlace = () => { $('#place-name').value = placeNow(); openThe($('#place'), $('#place-name')); };
$('#b-place').addEventListener('click', openPlace);
$('#place form').addEventListener('submit', () => {
  store.set('rastro-place', $('#place-name').value.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').trim().slice(0, 64));
  showPlace();
});
addEventListener('storage', showPlace);  // chosen in another window of this device

// ---- leaving: never past readings that wait without saying so --------------------------------------
const signOut = $('#sign-out');
function asksToLeave(text) { $('#leave-text').textContent = text; openThe($('#leave'), $('#leave [data-close]')); }
signOut.addEventListener('submit', event => {
  event.preventDefault();
  const n = outbox.mine().length;
  if (n) asksToLeave(t('js-leave-waits', { n })); else leave();
});
$('#leave form').addEventListener('submit', event => { event.preventDefault(); leave(); });
async function leave() {
  try {
    const gone = await fetch('/api/v1/session', {
      method: 'DELETE', headers: { 'x-rastro': '1', 'x-rastro-person': person }, signal: AbortSignal.timeout(8000),
    });
    if (gone.status === 409) return asksToLeave(t('js-leave-other', { n: outbox.mine().length }));
    if (!gone.ok && gone.status !== 401) throw new Error(String(gone.status));
    state.leaving = true;
    location.assign(signOut.dataset.to);
  } catch { asksToLeave(t('js-leave-failed', { n: outbox.mine().length })); }
}

function acknowledge() {
  if (!latch.stands) return;
  latch.acknowledge();
  panel.standing();
  drain();
}
$('#ack').addEventListener('click', acknowledge);
function nextStep() { step.selectedIndex = (step.selectedIndex + 1) % step.options.length; showNeeds(); }
function problem() { step.value = 'hold'; showNeeds(); $('#reason').focus(); }
step.addEventListener('change', showNeeds);
$('#reason').addEventListener('change', showTold);
// A key is there where its button is: what a person's work does not include has neither.
const BUTTONS = { 'b-help': openHelp, 'b-manual': openManual, 'b-undo': undo, 'b-step': nextStep, 'b-problem': problem };
for (const [id, act] of Object.entries(BUTTONS)) document.getElementById(id)?.addEventListener('click', act);
addEventListener('keydown', event => {  // no single-letter shortcuts: a scanner types
  const button = /^F\d+$/.test(event.key) && $(`.keys [data-key="${event.key}"]`);
  if (button && !event.altKey && !event.ctrlKey) { event.preventDefault(); if (!openOne()) BUTTONS[button.id](); }
  else if (event.key === 'Escape' && !openOne()) acknowledge();
});
addEventListener('resize', () => panel.fit());
addEventListener('pointerdown', unlockAudio, { once: true });
addEventListener('keydown', unlockAudio, { once: true });
const drain = () => outbox.drain().catch(fatal);
addEventListener('online', drain);
addEventListener('beforeunload', event => { if (outbox.mine().length && !state.leaving) event.preventDefault(); });
document.addEventListener('visibilitychange', () => { if (!document.hidden) drain(); });

const saved = store.get(STEP, '');
if ([...step.options].some(o => o.value === saved)) step.value = saved;
showNeeds();
showPlace();
showClock(Number($('#panel').dataset.serverBehind));
panel.idle();
renderRecent();
// A burst of anything is a scanner; slow digits may be one too, letters are a person's.
new Wedge({ onScan: read, complete: isWhole, told: (text, burst) => (burst ? text.length >= 4 : /^\d{6,}$/.test(text)) });
drain();
document.documentElement.dataset.ready = '1';
