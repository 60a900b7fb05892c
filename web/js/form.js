// Forms: the error summary takes the focus, a second press of the button does nothing. Everything works
// without this file too.
const summary = document.querySelector('[data-focus]');
summary?.focus();
// What is read next stands behind what is there, also where a reader sends nothing after a code.
const lines = document.querySelector('textarea[autofocus]');
lines?.setSelectionRange(lines.value.length, lines.value.length);

for (const form of document.querySelectorAll('form')) {
  let sent = false;
  form.addEventListener('submit', event => {
    if (sent) { event.preventDefault(); return; }
    sent = true;
    // A page that comes back from the history can be sent again.
    addEventListener('pageshow', () => { sent = false; }, { once: true });
  });
}
