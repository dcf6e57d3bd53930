// What the room of tasks adds in the browser: dialogs that open by a button, and the number of what is unread.
//
//   <button data-opens="copy-dialog">   opens <dialog id="copy-dialog">
//   <button data-closes>                inside a dialog: closes it

const EVERY_MS = 60_000;

document.addEventListener('click', event => {
  const opener = event.target.closest('[data-opens]');
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  if (event.target.closest('[data-closes]')) event.target.closest('dialog')?.close();
});

// On paper a diagram is as wide as the page, whatever part of it the screen showed.
function whole(svg) {
  const viewport = svg.querySelector('.viewport');
  if (!viewport) return;
  svg.dataset.moved = viewport.getAttribute('transform') ?? '';
  viewport.removeAttribute('transform');
  const { x, y, width, height } = viewport.getBBox();
  svg.setAttribute('viewBox', `${x - 5} ${y - 5} ${width + 10} ${height + 10}`);
}

function back(svg) {
  svg.querySelector('.viewport')?.setAttribute('transform', svg.dataset.moved ?? '');
  svg.removeAttribute('viewBox');
}

// What a dialog sent and was refused for good stands on the page behind it.
document.addEventListener('htmx:responseError', ({ detail }) => {
  if (detail.xhr.status !== 422 && detail.xhr.status !== 401) detail.elt.closest('dialog')?.close();
});

const drawings = () => document.querySelectorAll('.diagram .djs-container > svg');
addEventListener('beforeprint', () => drawings().forEach(whole));
addEventListener('afterprint', () => drawings().forEach(back));

/** Show what is unread beside the entries of the lists and in the tab's title. */
function show(counts) {
  for (const badge of document.querySelectorAll('[data-count]')) {
    const count = counts[badge.dataset.count] ?? 0;
    badge.hidden = count === 0;
    badge.firstChild.textContent = String(count);
  }
  const total = Object.values(counts).reduce((sum, each) => sum + each, 0);
  document.title = (total ? `(${total}) ` : '') + document.title.replace(/^\(\d+\) /, '');
}

async function look() {
  if (document.hidden) return;
  // Such a question keeps no session alive: a browser left open must not stay signed in.
  const answer = await fetch('/counts', { headers: { Accept: 'application/json', 'X-Automatic': 'yes' } }).catch(() => null);
  if (answer?.ok) show(await answer.json());
}

setInterval(look, EVERY_MS);
document.addEventListener('visibilitychange', look);
