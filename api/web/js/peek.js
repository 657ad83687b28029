// The quote behind a mark, shown while the mark is pointed at or focused.

import { h, languageOf } from './dom.js';

let shown; // {mark, tip}

/** peek shows the citation that the function returns for a mark, if it has come. The tip stays while it is pointed at; Escape closes it. */
export function peek(mark, citationOf) {
  const open = () => {
    const citation = citationOf();
    if (!citation || shown?.mark === mark) return;
    close();
    const tip = h('div', { class: 'peek', role: 'tooltip', id: 'peek' },
      h('p', { class: 'quote', lang: languageOf(citation.quote), dir: 'auto' }, citation.quote),
      h('p', { class: 'soft', dir: 'auto' }, citation.title));
    tip.addEventListener('mouseleave', close);
    document.body.append(tip);
    place(tip, mark);
    mark.setAttribute('aria-describedby', 'peek');
    shown = { mark, tip };
  };
  mark.addEventListener('mouseenter', open);
  mark.addEventListener('focus', open);
  mark.addEventListener('blur', close);
  mark.addEventListener('click', close);
  // The pointer may travel from the mark into the tip.
  mark.addEventListener('mouseleave', () => setTimeout(() => {
    if (shown?.mark === mark && !shown.tip.matches(':hover') && document.activeElement !== mark) close();
  }, 120));
}

function close() {
  shown?.tip.remove();
  shown?.mark.removeAttribute('aria-describedby');
  shown = null;
}

/** place puts the tip under the mark, or above it where there is no room. */
function place(tip, mark) {
  const at = mark.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = tip;
  const below = at.bottom + height + 12 < innerHeight;
  tip.style.left = `${scrollX + Math.max(8, Math.min(at.left - 24, document.documentElement.clientWidth - width - 8))}px`;
  tip.style.top = `${scrollY + (below ? at.bottom + 6 : at.top - height - 6)}px`;
}

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') close();
});
for (const change of ['popstate', 'resize']) addEventListener(change, close);
