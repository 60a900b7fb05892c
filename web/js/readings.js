// Labels read off the bench one after the other: each is sent by itself and the field is free at once,
// so that none is lost while the server answers, or while there is no network. Without this file the
// form is sent and the page comes back.
const form = document.querySelector('form[data-readings]');
const field = form?.querySelector('input[name=code]');
const said = document.getElementById('said');
const waits = document.getElementById('waits');
const other = document.getElementById('other');
const person = document.body.dataset.person;
const AGAIN_MS = 2000;
const KEPT = 5;
const unsent = [];
let busy = false;

function tell() {
  waits.hidden = unsent.length === 0;
  waits.querySelector('b').textContent = String(unsent.length);
}

async function send(code) {
  const body = new URLSearchParams(new FormData(form));  // with what says for whom it was drawn
  body.set('code', code);
  const answer = await fetch(form.action, { method: 'POST', body, credentials: 'same-origin', headers: { 'x-rastro-person': person } });
  other.hidden = answer.status !== 409;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.getElementById('said');
  // Signed out, another person signed in, or a server in trouble: what was read waits for its person.
  if (!fresh || page.body.dataset.person !== person) throw new Error('not an answer to a reading');
  // The newest first; what was refused is not pushed away by the next label at once.
  said.prepend(...fresh.children);
  while (said.children.length > KEPT) said.lastElementChild.remove();
  const now = page.getElementById('progress');
  const shown = document.getElementById('progress');
  shown.innerHTML = now.innerHTML;
  shown.dataset.moving = now.dataset.moving;
}

async function work() {
  if (busy) return;
  busy = true;
  while (unsent.length > 0) {
    tell();
    try {
      await send(unsent[0]);
      unsent.shift();
    } catch {
      await new Promise(done => setTimeout(done, AGAIN_MS));
    }
  }
  tell();
  busy = false;
}

form?.addEventListener('submit', event => {
  event.preventDefault();
  unsent.push(field.value);
  field.value = '';
  field.focus();
  work();
});
addEventListener('beforeunload', event => { if (unsent.length > 0) event.preventDefault(); });
