// A document, with its outline and description beside it and a quote marked in it.

import { getDocument, originalAddress, outline, text, versions } from './api.js';
import { descriptionView } from './description.js';
import { h, offsets, webAddress } from './dom.js';
import { facts } from './facts.js';
import { go } from './navigation.js';
import { removal } from './removal.js';
import { drawLater, textView } from './text.js';
import { count, word } from './words.js';

/** draw shows a document; start and end of the address mark a quote. */
export async function draw(address, signal, id) {
  const version = Number(address.get('version')) || undefined;
  const [described, words, sections, all] = await Promise.all([getDocument(id), text(id, version), outline(id, version), versions(id)]);
  document.title = `${described.title} · policykb`;
  const body = textView(words, sections, described, quoteOf(address, words), word('reader.quote'));
  requestAnimationFrame(() => {
    const quote = body.querySelector('mark');
    if (quote && !signal.aborted) {
      quote.scrollIntoView({ block: 'center' });
      quote.focus({ preventScroll: true });
    }
  });
  return [h('div', { class: 'reader' },
    head(described, version),
    body,
    h('div', { class: 'margin' }, contents(sections, described.title), descriptionView(described), versionList(all, described, version)))];
}

/** quoteOf reads the span to mark, in UTF-16 units; null where there is none. */
function quoteOf(address, words) {
  const [start, end] = ['start', 'end'].map((name) => Number.parseInt(address.get(name) ?? '', 10));
  if (!(start >= 0 && end > start)) return null;
  const [from, to] = offsets(words, start, end);
  return to > from ? { from, to } : null;
}

function head(described, version) {
  const old = version && version !== described.version;
  const web = described.source_url && webAddress(described.source_url);
  return h('header', { class: 'document' },
    h('h1', { dir: 'auto' }, described.title),
    h('p', { class: 'facts' },
      facts(described),
      described.kind && h('span', {}, word(`kind.${described.kind}`) ?? described.kind), ' ',
      h('span', {}, word('reader.characters', count(described.characters)))),
    h('p', { class: 'links' },
      h('a', { href: `/?document_id=${encodeURIComponent(described.id)}` }, word('reader.ask')),
      h('a', { href: originalAddress(described.id, version), download: '' }, word('reader.original')),
      web && h('a', { href: web, rel: 'noreferrer noopener', target: '_blank' }, word('reader.source')),
      h('button', { class: 'quiet', onclick: () => { removal(described); go('/documents'); } }, word('remove'))),
    old && h('p', { class: 'notice' }, word('reader.old', version, described.version), ' ',
      h('a', { href: described.url }, word('reader.current'))),
    described.superseded_by && h('p', { class: 'notice' }, word('reader.superseded'), ' ',
      h('a', { href: `/documents/${encodeURIComponent(described.superseded_by)}` }, word('reader.superseding'))));
}

/** Lines of the contents drawn in one turn: more than the window shows of them. */
const linesAtOnce = 100;

function contents(all, title) {
  const sections = all.filter((section, i) => i > 0 || section.title !== title); // the title stands above
  if (sections.length < 2) return null;
  const top = Math.min(...sections.map((section) => section.level));
  const list = h('ul', {});
  const turns = [];
  for (let i = 0; i < sections.length; i += linesAtOnce) {
    turns.push(() => list.append(...sections.slice(i, i + linesAtOnce).map((section) => h('li', { class: `level-${Math.min(section.level - top + 1, 4)}` },
      h('a', { href: `#at-${section.heading.start}`, dir: 'auto' }, section.label + section.title)))));
  }
  turns.shift()();
  drawLater(turns);
  return h('nav', { class: 'contents', 'aria-label': word('reader.outline') }, h('h2', {}, word('reader.outline')), list);
}

function versionList(all, described, shown = described.version) {
  if (all.length < 2) return null;
  return h('section', { class: 'versions', 'aria-labelledby': 'versions' },
    h('h2', { id: 'versions' }, word('reader.versions')),
    h('ol', {}, all.toReversed().map(({ number, current, created_at: added }) => h('li', {},
      h('a', { href: `/documents/${encodeURIComponent(described.id)}?version=${number}`, 'aria-current': number === shown && 'true' }, word('reader.version', number)),
      h('time', { datetime: added, class: 'soft' }, added.slice(0, 10)), current && h('span', { class: 'soft' }, word('reader.is_current')),
      number > 1 && h('a', { href: `/documents/${encodeURIComponent(described.id)}?from=${number - 1}&to=${number}` }, word('changes.link'))))));
}
