// The part of a page that changes by itself is fetched again while anything in it may still change.
// It is left alone while a person is in it: what they are about to press must not move.
const AGAIN_MS = 2000;
const part = document.getElementById('progress');

async function look() {
  const answer = await fetch(location.href, { credentials: 'same-origin', redirect: 'error' });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const now = page.getElementById('progress');
  // Another person signed in on this computer: their buttons are not put into this person's page.
  if (page.body.dataset.person !== document.body.dataset.person) return;
  if (!now || part.contains(document.activeElement)) return;
  if (now.innerHTML !== part.innerHTML) part.innerHTML = now.innerHTML;
  part.dataset.moving = now.dataset.moving;
}

function again() {
  if (part.dataset.moving !== '1') return;
  setTimeout(async () => {
    try { if (!document.hidden) await look(); } catch { /* the next look may reach the server */ }
    again();
  }, AGAIN_MS);
}
if (part) again();
