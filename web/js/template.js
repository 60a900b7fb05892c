// A label template is written: its picture follows. Without this file a button draws it.
const form = document.getElementById('editor');
const text = document.getElementById('f-source');
const lines = document.getElementById('lines');
const picture = document.getElementById('picture');
const wrong = document.getElementById('wrong');
const texts = JSON.parse(document.getElementById('texts').textContent);
const PAUSE_MS = 250;
let asked = 0, timer = 0, sent = false;

/// The numbers beside the text, as many as it has lines.
function count() {
  const n = text.value.split('\n').length;
  if (lines.dataset.n !== String(n)) {
    lines.dataset.n = n;
    lines.textContent = Array.from({ length: n }, (_, i) => i + 1).join('\n');
  }
  lines.scrollTop = text.scrollTop;
}

/// The caret's line, from 1.
function here() { return text.value.slice(0, text.selectionStart).split('\n').length; }

/// Shows which element the caret is in: the last one that begins at or before it.
function mark() {
  const line = here();
  let last = null;
  for (const room of picture.querySelectorAll('.room')) {
    room.classList.remove('here');
    const at = Number(room.dataset.line);
    if (at <= line && at > Number(last?.dataset.line ?? 0)) last = room;
  }
  last?.classList.add('here');
}

function go(line) {
  const all = text.value.split('\n');
  const start = all.slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0);
  text.focus();
  text.setSelectionRange(start, start + (all[line - 1] ?? '').length);
  // In the middle of what is seen.
  const height = text.scrollHeight / all.length;
  text.scrollTop = Math.max(0, (line - 1) * height - text.clientHeight / 3);
  count();
  mark();
}

function tell(mistakes) {
  if (!mistakes.length) {
    const good = document.createElement('p');
    good.className = 'good';
    good.textContent = `✓ ${texts['js-template-good']}`;
    return wrong.replaceChildren(good);
  }
  const list = document.createElement('ul');
  for (const m of mistakes) {
    const item = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.line = m.line;
    button.textContent = m.text;
    item.append(button);
    list.append(item);
  }
  wrong.replaceChildren(list);
}

async function draw() {
  const mine = ++asked;
  const body = JSON.stringify({
    source: text.value,
    longest: form.elements.longest.value === 'true',
    dpi: Number(form.elements.dpi.value),
  });
  let answer;
  try {
    answer = await fetch(form.dataset.preview, {
      method: 'POST', body, credentials: 'same-origin', redirect: 'error',
      headers: { 'content-type': 'application/json', 'accept-language': document.documentElement.lang, 'x-rastro-person': document.body.dataset.person },
    });
    if (!answer.ok) throw new Error(String(answer.status));
    answer = await answer.json();
  } catch {
    if (mine !== asked) return;
    picture.dataset.stale = '';
    const gone = document.createElement('p');
    gone.className = 'err';
    gone.textContent = texts['js-template-offline'];
    return wrong.replaceChildren(gone);
  }
  // An answer to what stands there no more.
  if (mine !== asked) return;
  tell(answer.wrong);
  if (!answer.svg) { picture.dataset.stale = ''; return; }
  const svg = new DOMParser().parseFromString(answer.svg, 'image/svg+xml').documentElement;
  picture.replaceChildren(document.importNode(svg, true));
  delete picture.dataset.stale;
  mark();
}

function soon() { clearTimeout(timer); timer = setTimeout(draw, PAUSE_MS); }

text.addEventListener('input', () => { count(); soon(); });
text.addEventListener('scroll', count);
for (const event of ['keyup', 'click', 'focus']) text.addEventListener(event, mark);
for (const name of ['longest', 'dpi']) form.elements[name].addEventListener('change', draw);
picture.addEventListener('click', event => {
  const line = event.target.closest('.room')?.dataset.line;
  if (line) go(Number(line));
});
wrong.addEventListener('click', event => {
  const line = event.target.closest('button')?.dataset.line;
  if (line) go(Number(line));
});
form.addEventListener('submit', () => { sent = true; });
const first = text.value;
addEventListener('beforeunload', event => { if (!sent && text.value !== first) event.preventDefault(); });
// The picture follows by itself from now on.
document.getElementById('by-hand').hidden = true;
count();
draw();
