// Moving between the addresses of the page without loading it anew.

import { Problem } from './api.js';
import { h } from './dom.js';
import { word } from './words.js';

let draw = () => {};
let drawn = ''; // the address that is shown, without its fragment

/** start shows the address with the function given, now and whenever it changes. */
export function start(show) {
  draw = show;
  addEventListener('popstate', () => {
    if (location.pathname + location.search !== drawn) again();
  });
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-link]');
    if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(link.href);
  });
  again();
}

/** go shows another address of the page. */
export function go(address) {
  history.pushState(null, '', address);
  again();
  scrollTo(0, 0);
}

/** again draws the address once more. */
export function again() {
  drawn = location.pathname + location.search;
  draw();
}

/** failure says what went wrong and offers to try again. */
export function failure(error) {
  let message = word('problem.network');
  if (error instanceof Problem) message = error.status === 404 ? word('problem.notfound') : word('problem.other', error.message);
  return h('div', { class: 'notice', role: 'alert' }, h('p', {}, message), h('button', { type: 'button', onclick: again }, word('problem.retry')));
}
