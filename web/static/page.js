// Small manners of every page that need no library; the rest is in the bundle `site`.

// A form marked data-once is sent once; coming back to the page by the browser's Back makes it fresh.
document.addEventListener('submit', event => {
  const form = event.target;
  if (!form.hasAttribute('data-once') || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = 'yes';
});
addEventListener('pageshow', () => document.querySelectorAll('form[data-sent]').forEach(form => delete form.dataset.sent));

// Menus close by Escape and by a click elsewhere.
document.addEventListener('keydown', event => {
  const open = event.key === 'Escape' && document.querySelector('details.menu[open]');
  if (!open) return;
  open.open = false;
  open.querySelector('summary').focus();
});
document.addEventListener('click', event => {
  document.querySelectorAll('details.menu[open]').forEach(menu => { if (!menu.contains(event.target)) menu.open = false; });
});

/** Show how much is unread: beside the entry of its list and in the tab's title.
 * @param {Record<string, number>} counts  by endpoint, as the server sends them
 */
export function showUnread(counts) {
  for (const badge of document.querySelectorAll('[data-count]')) {
    const count = counts[badge.dataset.count] ?? 0;
    badge.hidden = count === 0;
    badge.firstChild.textContent = String(count);
  }
  const total = Object.values(counts).reduce((sum, each) => sum + each, 0);
  document.title = (total ? `(${total}) ` : '') + document.title.replace(/^\(\d+\) /, '');
}
