// Forms: the error summary takes the focus, a second press of the button does nothing. Everything works
// without this file too.
const summary = document.querySelector('[data-focus]');
summary?.focus();

for (const form of document.querySelectorAll('form')) {
  let sent = false;
  form.addEventListener('submit', event => {
    if (sent) { event.preventDefault(); return; }
    sent = true;
    // A page that comes back from the history can be sent again.
    addEventListener('pageshow', () => { sent = false; }, { once: true });
  });
}
