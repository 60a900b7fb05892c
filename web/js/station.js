// The scan station. Each scan has an id of its own and is sent again, with the same id, until the
// server has answered: the server gives a repeat its first answer. Nothing shown as recorded is
// not recorded; nothing read is dropped.
import { Wedge } from './wedge.js';
import { classify, grouped, uuid7 } from './codes.js';
import { signal, unlockAudio } from './feedback.js';

const $ = s => document.querySelector(s);
const T = JSON.parse($('#texts').textContent);
const t = (key, values = {}) => (T[key] ?? key).replace(/\{(\w+)\}/g, (_, n) => values[n] ?? '');
const lang = document.documentElement.lang;
const GLYPH = { ok: 'g-check', warn: 'g-warn', stop: 'g-stop', info: 'g-info', idle: 'g-scan' };
const KIND = { accepted: 'ok', accepted_with_warning: 'warn', already: 'info', refused: 'stop' };
const store = {
  get(key, otherwise) { try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; } },
  set(key, value) { localStorage.setItem(key, JSON.stringify(value)); },
};
const device = store.get('rastro-device', null) ?? (() => {
  const id = `est-${uuid7().slice(-8)}`; store.set('rastro-device', id); return id;
})();
const state = { latched: false, offset: 0, recent: [], count: 0, waiting: store.get('rastro-waiting', []), last: { code: '', action: '', at: 0 } };

// ---- the panel ----------------------------------------------------------------------------
function show(kind, { word, code = '', facts = [], next = '' }) {
  const panel = $('#panel');
  panel.dataset.kind = kind;
  $('#glyph use').setAttribute('href', `#${GLYPH[kind]}`);
  $('#word').textContent = word;
  $('#code').textContent = grouped(code);
  $('#facts').replaceChildren(...facts.map(fact));
  $('#next').textContent = next ?? '';
  panel.classList.remove('pulse'); void panel.offsetWidth; panel.classList.add('pulse');
  state.latched = kind === 'stop';
  $('#ack').hidden = !state.latched;
  if (kind !== 'idle') signal(kind);
  $('#live').textContent = [word, grouped(code), next].filter(Boolean).join('. ');
}
function fact(f) {
  const li = document.createElement('li');
  if (f.cap) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const use = document.createElementNS(svg.namespaceURI, 'use');
    svg.setAttribute('class', `tube cap-${f.cap}`); svg.setAttribute('aria-hidden', 'true');
    use.setAttribute('href', '#g-tube'); svg.append(use); li.append(svg);
  }
  li.append(f.text ?? f);
  return li;
}
const idle = () => show('idle', { word: t('js-idle'), next: t('js-idle-next') });

// ---- the step and what it needs -------------------------------------------------------------
const step = $('#step');
function needs() { return step.selectedOptions[0]?.dataset.needs ?? ''; }
function showNeeds() {
  const wanted = [needs(), step.value === 'reject' ? 'notified' : ''];
  for (const field of document.querySelectorAll('[data-for]')) field.hidden = !wanted.includes(field.dataset.for);
  $('#step-name').textContent = step.selectedOptions[0]?.textContent ?? '';
  store.set('rastro-step', step.value);
}
// What the step needs, or null when something is missing.
function details() {
  const out = {}, value = id => $(`#${id}`)?.value.trim() ?? '';
  for (const field of document.querySelectorAll('[data-for]:not([hidden])')) {
    const name = field.dataset.for, v = value(name);
    if (!v) { $(`#${name}`).focus(); return null; }
    if (name === 'note') out.reason = v; else out[name] = v;
  }
  if (step.value === 'reject') out.notified_at = now();
  return out;
}
const now = () => new Date(Date.now()).toISOString();

// ---- one reading ----------------------------------------------------------------------------
let chain = Promise.resolve();
function read(raw, meta = {}) { return chain = chain.then(() => handle(raw, meta)).catch(fatal); }
async function handle(raw, meta) {
  if (state.latched) { signal('stop'); return; }
  const c = classify(raw);
  // One press of the trigger can give two readings. Of another step it is a reading of its own.
  const action = meta.action ?? step.value, { last } = state;
  if (c.code && c.code === last.code && action === last.action && performance.now() - last.at < 200) return;
  state.last = { code: c.code, action, at: performance.now() };
  if (c.kind === 'unreadable') return show('stop', { word: t('js-bad-check'), code: c.code, next: t('js-bad-check-next') });
  if (c.kind === 'foreign' || c.kind === 'empty') return show('warn', { word: t('js-foreign'), code: c.code.slice(0, 40), next: t('js-foreign-next') });
  const more = details();
  if (!more) return show('warn', { word: t('js-need'), code: c.code, next: t('js-need-next') });
  await record({ action, code: c.code, source: meta.source === 'manual' ? 'manual' : 'wedge', ...more });
}
function record(what) {
  const seq = store.get('rastro-seq', 0) + 1;
  store.set('rastro-seq', seq);
  const scan = { id: uuid7(), seq, occurred_at: now(), clock_offset_ms: Math.round(state.offset), ...what };
  state.waiting.push(scan);
  store.set('rastro-waiting', state.waiting);
  return drain();
}

// ---- sending --------------------------------------------------------------------------------
let draining = null, timer = 0;
function drain() { return draining ??= drainAll().finally(() => { draining = null; }); }
async function drainAll() {
  clearTimeout(timer);
  while (state.waiting.length) {
    const scan = state.waiting[0];
    net('sync', t('js-net-sync', { n: state.waiting.length }));
    const answer = await send(scan);
    if (!answer) { timer = setTimeout(drain, 2000); return; }
    state.waiting.shift();
    store.set('rastro-waiting', state.waiting);
    state.count += 1;
    remember(scan, answer);
    show(KIND[answer.outcome], {
      word: answer.text, code: answer.container?.code ?? scan.code, facts: facts(answer.container), next: answer.next,
    });
  }
  net('on', t('js-net-on'));
}
async function send(scan) {
  const asked = Date.now();
  let response;
  try {
    response = await fetch('/api/v1/scans', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-rastro': '1', 'accept-language': lang },
      body: JSON.stringify({ device, device_now: now(), scans: [scan] }),
      signal: AbortSignal.timeout(8000),
    });
  } catch { return unsaved(scan, 'off'); }
  if (response.status === 401 || response.status === 403) return unsaved(scan, 'auth');
  if (!response.ok) {
    if (response.status >= 500 || response.status === 429) return unsaved(scan, 'off');
    const problem = await response.json().catch(() => ({}));
    return { outcome: 'refused', text: problem.errors?.[0]?.detail ?? problem.detail ?? t('js-not-saved'), next: '' };
  }
  const body = await response.json();
  const middle = (asked + Date.now()) / 2;
  if (Date.now() - asked < 10000) state.offset = Date.parse(body.server_now) - middle;
  return body.results[0];
}
function unsaved(scan, why) {
  const auth = why === 'auth';
  net(why, auth ? t('js-net-auth') : t('js-net-off', { n: state.waiting.length }));
  show('stop', {
    word: auth ? t('js-signed-out') : t('js-not-saved'), code: scan.code,
    next: auth ? t('js-signed-out-next') : t('js-not-saved-next'),
  });
  renderRecent();
  return null;
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
function remember(scan, answer) {
  state.recent.unshift({ scan, answer });
  state.recent.length = Math.min(state.recent.length, 30);
  renderRecent();
}
function renderRecent() {
  const clock = new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit', hour12: false });
  const line = (code, status, text, at) => {
    const li = document.createElement('li'), parts = ['mono', 's', 't'].map(c => Object.assign(document.createElement('span'), { className: c }));
    li.dataset.state = status;
    parts[0].textContent = grouped(code); parts[1].textContent = text; parts[2].textContent = clock.format(new Date(at));
    li.append(...parts);
    return li;
  };
  const waiting = state.waiting.map(s => line(s.code, 'pending', t('js-st-pending'), s.occurred_at)).reverse();
  const done = state.recent.map(({ scan, answer }) =>
    line(scan.code, answer.outcome === 'refused' ? 'conflict' : scan.undone ? 'void' : 'accepted', t(`js-st-${answer.outcome}`), scan.occurred_at));
  $('#recent').replaceChildren(...[...waiting, ...done].slice(0, 8));
  $('#count').textContent = String(state.count);
}
function undo() {
  return chain = chain.then(async () => {
    const last = state.recent.find(r => r.answer.outcome.startsWith('accepted') && r.scan.action !== 'undo' && !r.scan.undone);
    if (!last) return show('info', { word: t('js-nothing-undo') });
    await record({ action: 'undo', code: last.scan.code, corrects: last.scan.id, reason: t('js-undone'), source: 'manual' });
    if (state.recent[0]?.answer.outcome.startsWith('accepted')) last.scan.undone = true;
    renderRecent();
  }).catch(fatal);
}
function fatal(error) {
  console.error(error);
  show('stop', { word: t('js-not-saved'), next: String(error?.message ?? error) });
}

// ---- keys, dialog, start ----------------------------------------------------------------------
const dialog = $('#manual');
function openManual() { dialog.showModal(); $('#manual-code').value = ''; $('#manual-err').hidden = true; $('#manual-code').focus(); }
dialog.querySelector('form').addEventListener('submit', event => {
  const value = $('#manual-code').value, c = classify(value);
  if (c.kind === 'tube' || c.kind === 'other') { read(value, { source: 'manual' }); return; }
  event.preventDefault();
  $('#manual-err').textContent = t(c.kind === 'unreadable' && c.code.length === 12 ? 'js-manual-check' : 'js-manual-format');
  $('#manual-err').hidden = false;
  $('#manual-code').setAttribute('aria-invalid', 'true');
  $('#manual-code').focus();
});
dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close());
const acknowledge = () => { if (state.latched && !state.waiting.length) idle(); else if (state.latched) { state.latched = false; idle(); drain(); } };
$('#ack').addEventListener('click', acknowledge);
$('#b-manual').addEventListener('click', openManual);
$('#b-undo').addEventListener('click', undo);
function nextStep() { step.selectedIndex = (step.selectedIndex + 1) % step.options.length; showNeeds(); }
$('#b-step').addEventListener('click', nextStep);
function problem() {
  if (![...step.options].some(o => o.value === 'hold')) return;
  step.value = 'hold'; showNeeds(); $('#reason').focus();
}
$('#b-problem').addEventListener('click', problem);
step.addEventListener('change', showNeeds);
addEventListener('keydown', event => {  // no single-letter shortcuts: a scanner types
  const act = { F2: openManual, F4: undo, F6: nextStep, F8: problem }[event.key];
  if (act && !event.altKey && !event.ctrlKey) { event.preventDefault(); if (!dialog.open) act(); }
  else if (event.key === 'Escape' && !dialog.open) acknowledge();
});
addEventListener('pointerdown', unlockAudio, { once: true });
addEventListener('keydown', unlockAudio, { once: true });
addEventListener('online', drain);
document.addEventListener('visibilitychange', () => { if (!document.hidden) drain(); });

const saved = store.get('rastro-step', '');
if ([...step.options].some(o => o.value === saved)) step.value = saved;
showNeeds();
idle();
renderRecent();
new Wedge({ onScan: read });
drain();
document.documentElement.dataset.ready = '1';
