// Fields that take what a scanner reads, wherever the focus is: `data-scan="fill"` takes the code and goes on
// to the next field, and Enter never sends the form, which has more to be filled in; `data-scan="add"` takes many,
// each on a line of its own, and keeps the focus; `data-scan="send"` is all that its form asks, so a code of ours
// sends it. Everything works without this file too.
import { grouped } from './codes.js';
import { isWhole, shot } from './shot.js';
import { Wedge } from './wedge.js';

const fields = [...document.querySelectorAll('[data-scan]')];
const only = fields.length === 1 ? fields[0] : null;
// Where several fields could take it, a code read beside them is told here, with what to do.
const which = document.querySelector('[data-scan-which]');
const fills = field => field?.dataset.scan === 'fill';
const adds = field => field?.dataset.scan === 'add';
const ofReading = field => (fields.includes(field) ? field : only);

function read(raw, { field }) {
  const to = ofReading(field), { ours } = shot(raw);
  if (!to) return ask(ours);
  if (which) which.hidden = true;
  // A part that is closed opens: what was read is never where nobody sees it.
  const closed = to.closest('details');
  if (closed) closed.open = true;
  const one = ours.length === 1 || (ours.length && (adds(to) || 'readings' in to.form.dataset));
  // What is no single code of ours is shown as it came, and refused by name.
  for (const text of one ? ours : [raw.replace(/[\u0000-\u001f]+/g, ' ').trim()]) {
    to.value = adds(to) ? withLine(to.value, text) : text;
    to.dispatchEvent(new Event('input', { bubbles: true }));
    if (one && to.dataset.scan === 'send') to.form.requestSubmit();
  }
  // A person who is somewhere else by now stays there.
  const at = document.activeElement;
  if (at !== to && at !== document.body && at !== field) return;
  if (fills(to)) goOn(to); else to.focus();
}
// A code that is there already is not there twice.
function withLine(lines, text) {
  const plain = line => line.replace(/[\s-]/g, ''), all = lines.split('\n').filter(line => line.trim());
  if (!all.some(line => plain(line) === plain(text))) all.push(text);
  return `${all.join('\n')}\n`;
}
// Which of the fields it is for only the person knows: nothing is filled in.
function ask(codes) {
  if (!which) return;
  which.hidden = false;
  which.querySelector('[data-code]').textContent = codes.map(grouped).join(' · ');
  which.scrollIntoView({ block: 'nearest' });
}
// The field after this one that can be filled in.
function goOn(from) {
  const all = [...from.form.elements].filter(e => e.type !== 'hidden' && e.tagName !== 'FIELDSET' && !e.disabled);
  all[all.indexOf(from) + 1]?.focus();
}
// A burst in a field of a form that has more to fill in is a reading; elsewhere only what is a code of ours.
const takes = (raw, field) => fills(ofReading(field)) || adds(ofReading(field)) || (!!(ofReading(field) || which) && shot(raw).ours.length > 0);

if (fields.length) new Wedge({ onScan: read, complete: isWhole, takes });
for (const { form } of fields.filter(fills)) {
  form.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || event.target.tagName !== 'INPUT') return;
    event.preventDefault();
    goOn(event.target);
  });
}
