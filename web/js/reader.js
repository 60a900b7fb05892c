// The page that tries the scanner in hand: every reading is shown as it arrived, and what it says of the
// scanner. Nothing is sent anywhere.
import { SYMBOLS, diagnose } from './diagnose.js';
import { Keys } from './keys.js';

const $ = s => document.querySelector(s);
const T = JSON.parse($('#texts').textContent);
const t = (key, values = {}) => (T[key] ?? key).replace(/\{(\w+)\}/g, (_, n) => values[n] ?? '');
const QUIET = 400;  // no key for so long: the reading is over
const UNDERSTOOD = ['aim', 'prefix', 'gs', 'alt'];
const heard = new Keys();

const rows = [...document.querySelectorAll('[data-symbol]')];
const seen = SYMBOLS.map(() => 0);
let keys = [], last = -Infinity, timer = null, ended = false;

const NAMES = { ' ': '␠', '\t': '⇥', '\u0002': 'STX', '\u0003': 'ETX', '\u001d': 'GS' };
const visible = text => [...text].map(c => NAMES[c] ?? c).join('');

function press(event) {
  const k = heard.down(event);
  if (k) take(k, event);
  else if (heard.open) wait();
}
function lift(event) { const k = heard.up(event); if (k) take(k, event); }
function take(k, event) {
  const end = k.key === 'Enter' || k.key === 'Tab';
  if (k.key.length !== 1 && !end) return;
  // Somebody walks through the page: the first Tab or Enter belongs to the page, later ones end a reading.
  if (!keys.length && end) return;
  if (ended && !end) over();
  event.preventDefault();
  keys.push({ key: k.key, gap: k.began - last, way: k.way, caps: event.getModifierState?.('CapsLock') ?? false });
  last = k.at;
  ended = end;
  wait();
}
// An end may be followed by another one.
function wait() { clearTimeout(timer); timer = setTimeout(over, QUIET); }
function over() {
  clearTimeout(timer);
  const reading = keys;
  keys = []; last = -Infinity; ended = false;
  if (reading.length < 3) return;                        // a key pressed by chance
  const d = diagnose(reading);
  // Two symbols of the page may hold the same text: the one that was read less often is meant.
  const hit = d.matches.toSorted((a, b) => seen[a] - seen[b])[0];
  if (hit !== undefined) { seen[hit] += 1; mark(hit, d); }
  const panel = $('#reading');
  panel.dataset.kind = d.findings.length ? 'warn' : 'ok';
  $('#arrived').textContent = visible(d.text);
  $('#facts').textContent = t('js-reader-facts', {
    n: [...d.text].length, min: d.min, mean: d.mean, max: d.max,
    end: d.end ? Array(d.ends).fill(d.end).join(' ') : t('js-reader-nothing'), prefix: d.prefix ? visible(d.prefix) : t('js-reader-nothing'),
  });
  const said = d.findings.length ? d.findings.map(f => t(`js-reader-${f}`)) : [t('js-reader-ok')];
  $('#found').replaceChildren(...said.map(text => Object.assign(document.createElement('li'), { textContent: text })));
  verdict();
}
function mark(i, d) {
  const good = !d.findings.length || d.findings.every(f => UNDERSTOOD.includes(f));
  rows[i].dataset.state = good ? 'ok' : 'warn';
  rows[i].querySelector('[data-status]').textContent = t(good ? 'js-reader-read' : 'js-reader-read-but');
}
function verdict() {
  const good = i => rows[i].dataset.state === 'ok';
  const needed = SYMBOLS.every((s, i) => !s.needed || good(i));
  $('#verdict').hidden = !needed;
  if (needed) $('#verdict-text').textContent = t(SYMBOLS.every((_, i) => good(i)) ? 'js-reader-all' : 'js-reader-enough');
}
document.addEventListener('keydown', press, { capture: true });
document.addEventListener('keyup', lift, { capture: true });
$('#again').addEventListener('click', () => location.reload());
document.documentElement.dataset.ready = '1';
