// The big panel. It has a look for each way in which a reading can end, and says it first in words: what is
// recorded and what is not can't be taken for each other. `note` and `idle` are the station's own words.
import { closeAll } from './dialogs.js';
import { grouped } from './codes.js';
import { signal } from './feedback.js';
import { Latch } from './latch.js';

const GLYPH = { ok: 'g-check', warn: 'g-warn', info: 'g-info', not: 'g-not', stop: 'g-stop', note: 'g-scan', idle: 'g-scan' };
// Whether a look is about a reading, and then whether it is recorded.
export const RECORDED = { ok: true, warn: true, info: true, not: false, stop: false };
const $ = s => document.querySelector(s);

export class Panel {
  // idle(): what it shows while nothing stands: {kind, ...words}.
  constructor({ t, idle }) { Object.assign(this, { t, words: idle, latch: new Latch(), kind: 'idle', what: {} }); }
  // what: {word, code, facts, next, beside, of, silent}. `of` says which reading it is of.
  show(kind, what, unsaved = null) {
    if (kind === 'stop') { if (!this.latch.stop(what, unsaved)) return signal('stop'); }
    else if (this.latch.stands) return;
    this.draw(kind, what);
  }
  idle() { const { kind, ...what } = this.words(); this.draw(kind, { silent: true, ...what }); }
  // The stop that stands, drawn; without one, the way is free.
  standing() {
    const stop = this.latch.next();
    if (stop) this.draw('stop', stop); else this.idle();
  }
  // What was read beside a reading of ours: small print, and a warning where it may be another tube.
  beside(of, beside) {
    if (!of || this.what.of !== of) return;
    if (beside.doubt && this.kind === 'ok') this.show('warn', { ...this.what, beside });
    else { this.what = { ...this.what, beside }; this.write(); }
  }
  draw(kind, what) {
    if (kind === 'stop') closeAll();  // it must be seen, and Esc must not mean the dialog
    Object.assign(this, { kind, what });
    const panel = $('#panel');
    panel.dataset.kind = kind;
    $('#glyph use').setAttribute('href', `#${GLYPH[kind]}`);
    panel.classList.remove('pulse'); void panel.offsetWidth; panel.classList.add('pulse');
    $('#ack').hidden = kind !== 'stop';
    this.write();
    if (kind !== 'idle') panel.scrollIntoView({ block: 'nearest' });  // on a phone one may be further down
    if (kind !== 'idle' && !what.silent) signal(kind);
  }
  write() {
    const { word, code = '', facts = [], next = '', beside } = this.what;
    const look = this.kind in RECORDED ? this.t(`js-look-${this.kind}`) : '';
    const said = { look, word, code: grouped(code), next: next ?? '', beside: beside?.text ?? '' };
    for (const [id, text] of Object.entries(said)) $(`#${id}`).textContent = text;
    $('#facts').replaceChildren(...facts.map(fact));
    this.fit();
    $('#live').textContent = Object.values(said).filter(Boolean).join('. ');
  }
  // A long sentence gets smaller letters: what to do next and the button must be in sight.
  fit() {
    const panel = $('#panel'), say = panel.querySelector('.say'), style = getComputedStyle(panel);
    const room = panel.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
    for (let n = 1; n > 0.4; n -= 0.05) {
      panel.style.setProperty('--fit', n);                                 // the word first,
      panel.style.setProperty('--fit-2', Math.max(Math.min(1, n + 0.25), 0.8));  // the rest less and later
      if (say.offsetHeight <= room) return;
    }
  }
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
