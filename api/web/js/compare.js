// A comparison is a table, one row for each side; where every row holds a figure of
// the same unit, bars show them beside each other.

import { h, languageOf, length } from './dom.js';
import { word } from './words.js';

/** sidesOf finds the rows in statements that have come so far, or that a language model wrote: the name before a colon, or the one place that is mentioned; null where this is no comparison. */
export function sidesOf(read, statements) {
  if (read?.intent !== 'compare' || !statements.length) return null;
  const places = [...read.cities, ...read.districts];
  const rows = statements.map(({ text }) => {
    const [, subject, says] = text.match(/^([^：:]{1,30})[：:]\s*(.*)$/s) ?? [];
    if (subject && (!places.length || places.includes(subject))) return { subject, text: says };
    const mentioned = places.filter((place) => text.includes(place));
    return mentioned.length === 1 && { subject: mentioned[0], text };
  });
  return (places.length || rows.length > 1) && rows.every(Boolean) ? { rows } : null;
}

/** compareView draws the rows of a comparison, and what the statements say beside them; held draws a text with its marks. */
export function compareView({ rows, difference }, statements, held) {
  const marked = ({ text, citations = [] }) => held(text.replace(/。$/, '') + citations.map((number) => `[${number}]`).join(''));
  const isRow = ({ text }) => rows.some((row) => row.text && text.includes(row.text.replace(/。$/, '')));
  return [
    statements.filter((statement) => !isRow(statement)).map(({ text }) => h('p', { dir: 'auto', lang: languageOf(text) }, held(text))),
    h('table', { class: 'compare' },
      h('thead', { class: 'hidden' }, h('tr', {}, h('th', { scope: 'col' }, word('compare.side')), h('th', { scope: 'col' }, word('compare.says')))),
      h('tbody', {}, rows.map((row) => h('tr', {},
        h('th', { scope: 'row', dir: 'auto' }, row.subject),
        h('td', { lang: languageOf(row.text ?? ''), dir: 'auto' }, row.text ? marked(row) : h('span', { class: 'soft' }, word('compare.silent'))))))),
    difference && barsView(rows, difference),
  ];
}

/** barsView sets the figures beside each other; dates differ, and have no length. */
function barsView(rows, { value, text, largest, smallest }) {
  const most = Math.max(...rows.map(({ figure }) => figure.high));
  const dated = rows[0].figure.date;
  return h('figure', { class: 'bars' },
    h('figcaption', {}, word(value ? dated ? 'compare.days' : 'compare.difference' : 'compare.same', text, largest, smallest)),
    h('ul', {}, rows.map(({ subject, figure }) => h('li', {},
      h('span', { class: 'label', dir: 'auto' }, subject),
      !dated && h('span', { class: 'track', 'aria-hidden': 'true' }, length(h('span', { class: 'bar' }), figure.high / most)),
      h('span', { class: 'value' }, figure.text)))));
}
