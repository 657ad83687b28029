// Checking a text that somebody wrote: where it stands in the documents, and what
// in it differs from them.

import { trace } from './api.js';
import { announce, h, languageOf, offsets } from './dom.js';
import { facts } from './facts.js';
import { reason } from './navigation.js';
import { count, word } from './words.js';

/** draw shows the box, and under it where the text stands. */
export function draw() {
  document.title = `${word('nav.trace')} · policykb`;
  const result = h('div', { class: 'traced' });
  const box = h('textarea', { name: 'text', id: 'q', rows: 5, required: true, maxlength: 4000, 'aria-label': word('trace.label'), placeholder: word('trace.placeholder'), dir: 'auto' });
  const form = h('form', { class: 'question', onsubmit: async (event) => {
    event.preventDefault();
    const given = box.value;
    if (!given.trim()) return;
    try {
      const found = await trace(given);
      result.replaceChildren(...verdict(given, found), placeList(given, found.places));
      announce(word(`trace.${found.found}`));
    } catch (error) {
      result.replaceChildren(h('p', { class: 'notice', role: 'alert' }, reason(error)));
    }
  } }, box, h('button', { type: 'submit', class: 'primary' }, word('nav.trace')));
  requestAnimationFrame(() => box.focus({ preventScroll: true }));
  return [h('div', { class: 'ask trace' }, h('h1', {}, word('nav.trace')), h('p', { class: 'lead' }, word('trace.lead')), form, result)];
}

function verdict(given, found) {
  const ends = offsets(given, ...found.unfound.flatMap(({ start, end }) => [start, end]));
  const parts = [];
  let at = 0;
  for (let i = 0; i < ends.length; i += 2) {
    parts.push(given.slice(at, ends[i]), h('span', { class: 'unfound' }, given.slice(ends[i], ends[i + 1])));
    at = ends[i + 1];
  }
  return [
    h('h2', { class: `found ${found.found}` }, word(`trace.${found.found}`)),
    ends.length > 0 && found.places.length > 0 && h('div', {}, h('p', { class: 'soft' }, word('trace.unfound')), h('p', { class: 'words', dir: 'auto', lang: languageOf(given) }, parts, given.slice(at))),
  ].filter(Boolean);
}

function placeList(given, places) {
  return h('ol', { class: 'places' }, places.map((place) => {
    const [from, to] = offsets(given, place.given.start, place.given.end);
    return h('li', {},
      places.some(({ given: { start } }) => start !== place.given.start) && h('p', { class: 'soft', dir: 'auto' }, word('trace.given'), h('bdi', {}, given.slice(from, to))),
      h('blockquote', { dir: 'auto', lang: languageOf(place.quote) }, place.quote),
      place.differences.length === 0 ? h('p', { class: 'same' }, word('trace.same'))
        : h('ul', { class: 'differences' }, place.differences.map(({ kind, given: said, source }) => h('li', {},
          h('span', { class: 'soft' }, word(`difference.${kind}`) ?? kind),
          h('span', { class: 'hidden' }, word('trace.said')), h('del', { dir: 'auto' }, said || '—'),
          h('span', { class: 'hidden' }, word('trace.reads')), h('ins', { dir: 'auto' }, source || '—')))),
      h('p', { class: 'title' }, h('a', { href: place.url, dir: 'auto' }, place.title)),
      place.heading_path.length > 0 && h('p', { class: 'path', dir: 'auto' }, place.heading_path.join(' › ')),
      h('p', { class: 'facts' }, facts(place), !place.current && h('span', {}, word('trace.old', count(place.version)))));
  }));
}
