// A page of a PDF as it was printed, with a quote marked on it.

import { viewPage } from './api.js';
import { h, icon, icons } from './dom.js';
import { reason } from './navigation.js';
import { word } from './words.js';

/** isPrinted reports whether a document came in as a PDF. */
export const isPrinted = ({ original }) => original.media_type === 'application/pdf' || /\.pdf$/i.test(original.name);

/** printedView shows the page on which a citation stands, and leads to its neighbours. */
export async function printedView(citation, label) {
  let view = await viewPage(citation, citation.page);
  if (!view.marks.length && view.page < view.pages) { // its paragraph may begin on the page before
    const next = await viewPage(citation, view.page + 1);
    if (next.marks.length) view = next;
  }
  const marked = view.marks.length > 0;
  const element = h('div', { class: 'printed' });
  const draw = (shown) => {
    const turn = (to, path, key) => h('button', { class: 'quiet', disabled: to < 1 || to > shown.pages, 'aria-label': word(key), title: word(key), onclick: async () => {
      try {
        draw(await viewPage(citation, to));
      } catch (error) {
        element.append(h('p', { class: 'notice', role: 'alert' }, reason(error)));
      }
    } }, icon(path));
    element.replaceChildren(
      h('p', { class: 'turning' }, turn(shown.page - 1, icons.before, 'printed.before'), h('span', { role: 'status' }, word('printed.page', shown.page, shown.pages)), turn(shown.page + 1, icons.after, 'printed.after'),
        !marked && h('span', { class: 'soft' }, word('printed.unmarked'))),
      h('figure', {},
        h('img', { src: shown.image, alt: word('printed.alt', shown.page), width: Math.round(shown.width), height: Math.round(shown.height) }),
        shown.marks.map((place, i) => placed(h('mark', i ? { 'aria-hidden': 'true' } : { tabindex: -1, role: 'img', 'aria-label': `${label}：${citation.quote}` }), place, shown))));
  };
  draw(view);
  return element;
}

/** placed lays an element over its place on the page, whatever size that is shown in. */
function placed(element, { left, top, width, height }, page) {
  const share = (part, whole) => `${(part / whole) * 100}%`;
  Object.assign(element.style, { left: share(left, page.width), top: share(top, page.height), width: share(width, page.width), height: share(height, page.height) });
  return element;
}
