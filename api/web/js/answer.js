// An answer: statements with their marks, and under them what they rest on.

import { h } from './dom.js';
import { count, word } from './words.js';

/** answerView returns the element that an answer grows in, and take, which adds an event to it. */
export function answerView() {
  const statements = h('div', { class: 'statements' }, h('p', { class: 'working' }, word('answer.working')));
  const element = h('article', { class: 'answer' }, statements);
  let begun = false;
  const take = ({ name, data }) => {
    if (name === 'statement') {
      if (!begun) statements.replaceChildren();
      begun = true;
      statements.append(h('p', {}, marked(data.text)));
    }
    if (name === 'done') element.replaceChildren(...(data.answered ? answered(data) : unanswered(data)));
  };
  return { element, take };
}

/** marked turns the marks [1] of a text into links to the sources. */
function marked(text) {
  return text.split(/(\[\d+\])/).map((part) => {
    const [, number] = part.match(/^\[(\d+)\]$/) ?? [];
    if (!number) return part;
    return h('a', { class: 'mark', href: `#source-${number}`, 'aria-label': word('answer.cited', number) }, number);
  });
}

function answered(answer) {
  const sources = new Set(answer.citations.map((citation) => citation.document_id)).size;
  return [
    understood(answer),
    h('div', { class: 'statements' }, paragraphs(answer).map((text) => h('p', {}, marked(text)))),
    warnings(answer),
    h('section', { class: 'sources', 'aria-labelledby': 'sources' },
      h('h2', { id: 'sources' }, word('answer.sources')),
      h('ol', {}, answer.citations.map(source))),
    footer(answer, word('answer.footer', count(sources), count(Math.max(1, Math.round(answer.timings_ms.total))))),
  ].filter(Boolean);
}

/** paragraphs cuts the answer where its writer broke the line. */
function paragraphs(answer) {
  return answer.answer.split('\n').filter((line) => line.trim());
}

function unanswered(answer) {
  return [
    understood(answer),
    h('section', { class: 'unanswered' },
      h('h2', {}, word('answer.none')),
      h('p', {}, word(`reason.${answer.reason}`) ?? answer.answer)),
    warnings(answer),
    answer.nearest.length > 0 && h('section', { class: 'nearest', 'aria-labelledby': 'nearest' },
      h('h2', { id: 'nearest' }, word('answer.nearest')),
      h('ul', {}, answer.nearest.map((document) => h('li', {},
        h('a', { href: document.url, 'data-link': true }, document.title),
        h('p', { class: 'facts' }, facts(document)))))),
  ].filter(Boolean);
}

/** understood says how the question was read, where that changed what was searched. */
function understood(answer) {
  const limits = Object.entries(answer.filters_applied)
    .filter(([, applied]) => applied.from === 'question')
    .map(([name, applied]) => `${word(`filter.${name}`) ?? name} ${applied.values.join('、')}`);
  const lines = [
    answer.interpretation.rewritten && word('answer.rewritten', answer.interpretation.rewritten),
    limits.length > 0 && word('answer.filtered', limits.join('；')),
  ].filter(Boolean);
  return lines.length > 0 && h('div', { class: 'understood' }, lines.map((line) => h('p', {}, line)));
}

function warnings(answer) {
  const lines = answer.warnings.map((warning) => word(`warning.${warning.code}`) ?? warning.detail);
  if (answer.withheld.length) lines.push(word('answer.withheld', count(answer.withheld.length)));
  return lines.length > 0 && h('ul', { class: 'warnings' }, [...new Set(lines)].map((line) => h('li', {}, line)));
}

function source(citation) {
  return h('li', { id: `source-${citation.number}`, value: citation.number, tabindex: -1 },
    h('span', { class: 'number', 'aria-hidden': 'true' }, String(citation.number)),
    h('div', {},
      h('blockquote', { lang: 'zh' }, citation.quote),
      h('p', { class: 'title' }, h('a', { href: citation.url, 'data-link': true }, citation.title)),
      citation.heading_path.length > 0 && h('p', { class: 'path' }, citation.heading_path.join(' › ')),
      h('p', { class: 'facts' }, facts(citation))));
}

/** facts are what tells one document from another. */
export function facts(document) {
  return [
    document.city && h('span', {}, document.city),
    document.issuer && h('span', {}, document.issuer),
    document.doc_number && h('span', {}, document.doc_number),
    document.issued_on && h('time', { datetime: document.issued_on }, document.issued_on),
    document.page && h('span', {}, word('field.page', document.page)),
    document.status && h('span', { class: `status ${document.status}` }, word(`status.${document.status}`) ?? document.status),
  ].filter(Boolean);
}

function footer(answer, line) {
  return h('footer', {}, h('p', {}, answer.model ? `${line} · ${word('answer.model', answer.model)}` : line));
}
