// Taking an answer elsewhere: as text, as Markdown, as HTML that a word processor
// pastes with its notes, or as the address that leads to it again.

import { announce, h } from './dom.js';
import { marked } from './marks.js';
import { word } from './words.js';

/** copyBar offers the ways to take an answer along. */
export function copyBar(answer) {
  const done = h('span', { class: 'soft', 'aria-hidden': 'true' });
  const button = (key, copy) => h('button', {
    class: 'quiet', onclick: async () => {
      let said = word('copy.done');
      try {
        await copy();
      } catch {
        said = word('copy.failed');
      }
      done.textContent = said;
      announce(said);
    },
  }, word(key));
  return h('div', { class: 'copy', role: 'group', 'aria-label': word('copy.label') },
    button('copy.text', () => navigator.clipboard.writeText(asText(answer))),
    button('copy.markdown', () => navigator.clipboard.writeText(asMarkdown(answer))),
    button('copy.word', () => navigator.clipboard.write([new ClipboardItem({
      'text/html': new Blob([asHTML(answer)], { type: 'text/html' }),
      'text/plain': new Blob([asText(answer)], { type: 'text/plain' }),
    })])),
    button('copy.link', () => navigator.clipboard.writeText(location.href)),
    h('button', { class: 'quiet', onclick: () => print() }, word('copy.print')),
    done);
}

/** described names a source: title, issuer, number and date. */
const described = (citation) => [`《${citation.title}》`, citation.issuer, citation.doc_number, citation.issued_on].filter(Boolean).join('，');
const addressOf = (citation) => new URL(citation.url, location.origin).href;
const lines = (answer) => answer.statements.map((statement) => statement.text);

/** asText is the answer with its sources under it. */
export function asText(answer) {
  const notes = answer.citations.map((citation) => `[${citation.number}] ${described(citation)}：“${citation.quote}”`);
  return `${answer.question}\n\n${lines(answer).join('\n')}\n\n${notes.join('\n')}\n`;
}

/** asMarkdown is the answer with footnotes. What Markdown would read as marks of its own is escaped. */
export function asMarkdown(answer) {
  const plain = (text) => text.replace(/[\\`*_{}<>#|~]/g, '\\$&').replaceAll('\n', ' ');
  const noted = (text) => marked(text, (number) => `[^${number}]`).map((part) => (/^\[\^\d+\]$/.test(part) ? part : plain(part))).join('');
  const notes = answer.citations.map((citation) => `[^${citation.number}]: [${plain(described(citation)).replace(/[[\]]/g, '\\$&')}](${addressOf(citation)})：“${plain(citation.quote)}”`);
  return `## ${plain(answer.question)}\n\n${lines(answer).map(noted).join('\n\n')}\n\n${notes.join('\n')}\n`;
}

/** asHTML is the answer with footnotes as a word processor takes them. Built of elements, so that nothing in it is markup but ours. */
export function asHTML(answer) {
  const cite = (number) => h('a', { href: `#_ftn${number}`, id: `_ftnref${number}` }, h('sup', {}, `[${number}]`));
  const whole = h('div', { lang: 'zh-CN' },
    h('h2', {}, answer.question),
    lines(answer).map((text) => h('p', {}, marked(text, cite))),
    h('hr'),
    answer.citations.map((citation) => h('p', { id: `_ftn${citation.number}` },
      h('a', { href: `#_ftnref${citation.number}` }, `[${citation.number}]`), ` ${described(citation)}：“${citation.quote}” `,
      h('a', { href: addressOf(citation) }, addressOf(citation)))));
  return new XMLSerializer().serializeToString(whole);
}
