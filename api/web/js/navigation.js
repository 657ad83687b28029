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
    const link = event.target.closest('a[href^="/"]:not([download])');
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
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

/** rename gives what is shown another address, without drawing it again. */
export function rename(address) {
  history.replaceState(null, '', address);
  drawn = location.pathname + location.search;
}

/** again draws the address once more. */
export function again() {
  drawn = location.pathname + location.search;
  draw();
}

/** reason says in the page's language why something failed. */
export function reason(error) {
  if (!(error instanceof Problem)) return word('problem.network');
  return word(`problem.${error.status}`) ?? word('problem.other', error.message);
}

/** failure says what went wrong and offers to try again. */
export function failure(error) {
  return h('div', { class: 'notice', role: 'alert' }, h('p', {}, reason(error)), h('button', { onclick: again }, word('problem.retry')));
}
