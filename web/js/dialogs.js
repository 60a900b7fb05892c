// The dialogs of a page: at most one is open. A scan that arrives meanwhile is neither lost nor hidden
// behind it: the page closes it and shows what came of the scan.
const all = () => [...document.querySelectorAll('dialog')];
export const openOne = () => all().find(d => d.open) ?? null;
export function closeAll() { for (const dialog of all()) if (dialog.open) dialog.close(); }
export function openThe(dialog, focus) {
  closeAll();
  dialog.showModal();
  focus?.focus();
}
for (const dialog of all()) {
  dialog.querySelector('[data-close]')?.addEventListener('click', () => dialog.close());
}
