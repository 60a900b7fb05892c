// Forms: the error summary takes the focus, a second press of the button does nothing, Enter from
// a scanner does not send a half-filled form. Everything works without this file too.
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

// A scanner ends with Enter: inside a text field marked so it moves on instead of sending.
for (const field of document.querySelectorAll('input[data-scan]')) {
  field.addEventListener('keydown', event => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    field.blur();
  });
}
