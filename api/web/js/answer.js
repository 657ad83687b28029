// An answer: statements with their marks, and under them what they rest on.

import { compareView, sidesOf } from './compare.js';
import { copyBar } from './copy.js';
import { h, languageOf } from './dom.js';
import { facts } from './facts.js';
import { feedbackBar } from './feedback.js';
import { held } from './marks.js';
import { peek } from './peek.js';
import { count, word } from './words.js';

/** answerView returns the element that an answer grows in, and take, which adds an event to it. Sources open in the view beside. The place of the answer among others tells their anchors apart. */
export function answerView(beside, place) {
  const anchor = (number) => `source-${place}-${number}`;
  const element = h('article', { class: 'answer' }, h('p', { class: 'working' }, word('answer.working')));
  const statements = [];
  let read = null;
  let known = new Map(); // the citations by number, when they have come
  const cite = (number) => {
    const mark = h('a', { class: 'mark', href: `#${anchor(number)}`, 'aria-label': word('answer.cited', number) }, String(number));
    mark.addEventListener('click', (event) => {
      const citation = known.get(number);
      if (!citation || event.metaKey || event.ctrlKey) return;
      event.preventDefault();
      beside.open(citation, mark);
    });
    peek(mark, () => known.get(number));
    return mark;
  };
  const drawStatements = (comparison = sidesOf(read, statements)) => h('div', { class: 'statements' },
    comparison ? compareView(comparison, statements, (text) => held(text, cite))
      : statements.map(({ text }) => h('p', { dir: 'auto', lang: languageOf(text) }, held(text, cite))));
  const take = ({ name, data }) => {
    if (name === 'interpretation') read = data;
    if (name === 'statement') {
      statements.push(data);
      element.replaceChildren(drawStatements());
    }
    if (name !== 'done') return;
    if (!data.answered) {
      element.replaceChildren(...unanswered(data).filter(Boolean));
      beside.show(nearest(data));
      return;
    }
    known = new Map(data.citations.map((citation) => [citation.number, citation]));
    statements.splice(0, statements.length, ...data.statements);
    const open = (citation, opener) => beside.open(citation, opener);
    element.replaceChildren(...[drawStatements(data.comparison ?? undefined), warnings(data), copyBar(data), feedbackBar(data), sources(data.citations, anchor, open), footer(data)].filter(Boolean));
    if (data.citations.length) beside.offer(data.citations[0], element);
  };
  return { element, take };
}

function unanswered(answer) {
  // The server's words end with the titles that are listed anyway.
  const titles = answer.nearest.length ? answer.answer.indexOf(answer.nearest[0].title) : -1;
  const words = titles < 0 ? answer.answer : answer.answer.slice(0, titles).replace(/(?<=[。.]\s*)[^。.]*$/u, '');
  return [
    h('div', { class: 'unanswered' },
      h('h2', {}, word('answer.none')),
      words && h('p', { lang: languageOf(words), dir: 'auto' }, words),
      h('p', { class: 'soft' }, word(`reason.${answer.reason}`)),
      h('p', { class: 'links' },
        Object.values(answer.filters_applied).some(({ from }) => from === 'request')
          && h('a', { href: `/?q=${encodeURIComponent(answer.question)}` }, word('answer.widen')),
        h('a', { href: '/documents#add' }, word('answer.add')))),
    warnings(answer),
    feedbackBar(answer),
  ];
}

function nearest(answer) {
  return answer.nearest.length > 0 && h('section', { class: 'nearest', 'aria-labelledby': 'nearest' },
    h('h2', { id: 'nearest' }, word('answer.nearest')),
    h('ul', {}, answer.nearest.map((document) => h('li', {},
      h('a', { href: document.url, dir: 'auto' }, document.title),
      h('p', { class: 'facts' }, facts(document))))));
}

function warnings(answer) {
  const lines = answer.warnings.map((warning) => word(`warning.${warning.code}`) ?? warning.detail);
  if (answer.withheld.length) lines.push(word('answer.withheld', count(answer.withheld.length)));
  return lines.length > 0 && h('ul', { class: 'warnings' }, [...new Set(lines)].map((line) => h('li', {}, line)));
}

function sources(citations, anchor, open) {
  return h('section', { class: 'sources' },
    h('h2', {}, word('answer.sources')),
    h('ol', {}, citations.map((citation) => source(citation, anchor(citation.number), open))));
}

function source(citation, id, open) {
  const title = h('a', { href: citation.url, dir: 'auto' }, citation.title);
  title.addEventListener('click', (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open(citation, title);
  });
  return h('li', { id, value: citation.number, tabindex: -1 },
    h('span', { class: 'number', 'aria-hidden': 'true' }, String(citation.number)),
    h('div', {},
      h('blockquote', { lang: languageOf(citation.quote), dir: 'auto' }, citation.quote),
      h('p', { class: 'title' }, title),
      citation.heading_path.length > 0 && h('p', { class: 'path', dir: 'auto' }, citation.heading_path.join(' › ')),
      h('p', { class: 'facts' }, facts(citation))));
}

function footer(answer) {
  const documents = new Set(answer.citations.map((citation) => citation.document_id)).size;
  const line = word('answer.footer', count(documents), count(Math.max(1, Math.round(answer.timings_ms.total))));
  return h('footer', {}, h('p', {}, answer.model ? `${line} · ${word('answer.model', answer.model)}` : line));
}
