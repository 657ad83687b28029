// A comparison is a table, one row for each side; where every row holds one
// figure of the same unit, bars show them beside each other.

import { h, languageOf, length } from './dom.js';
import { compact, count, isChinese, word } from './words.js';

/** sidesOf finds the side that each statement speaks of: the name before its colon, or the one place it mentions; null where this is no comparison. */
export function sidesOf(read, statements) {
  if (read?.intent !== 'compare' || !statements.length) return null;
  const places = [...read.cities, ...read.districts];
  const sides = statements.map(({ text }) => {
    const [, name, says] = text.match(/^([^：:]{1,30})[：:]\s*(.*)$/s) ?? [];
    if (name && (!places.length || places.includes(name))) return { name, says };
    const mentioned = places.filter((place) => text.includes(place));
    return mentioned.length === 1 && { name: mentioned[0], says: text };
  });
  return (places.length || sides.length > 1) && sides.every(Boolean) ? sides : null;
}

/** compareView draws the sides that a question compares; marked draws a text with its marks. */
export function compareView(sides, question, marked) {
  return [
    h('table', { class: 'compare' },
      h('thead', { class: 'hidden' }, h('tr', {}, h('th', { scope: 'col' }, word('compare.side')), h('th', { scope: 'col' }, word('compare.says')))),
      h('tbody', {}, sides.map(({ name, says }) => h('tr', {},
        h('th', { scope: 'row', dir: 'auto' }, name),
        h('td', { lang: languageOf(says), dir: 'auto' }, marked(says)))))),
    barsView(sides, question),
  ];
}

// A question on shares is not answered by amounts.
const shares = /比例|百分|几成|率|percent|share|%/i;

// What a whole city spends and what one company gets are no figures to compare.
const totals = /总额|总量|规模|安排|合计|资金池|total/i;

function barsView(sides, question) {
  const figures = comparable(sides.map(({ says }) => says.replace(/\[\d+\]/g, '')), shares.test(question));
  if (!figures) return null;
  const most = Math.max(...figures.map(({ value }) => value));
  return h('figure', { class: 'bars' },
    h('figcaption', {}, word('compare.figures')),
    h('ul', {}, figures.map(({ value, text }, i) => h('li', {},
      h('span', { class: 'label', dir: 'auto' }, sides[i].name),
      h('span', { class: 'track', 'aria-hidden': 'true' }, length(h('span', { class: 'bar' }), value / most)),
      h('span', { class: 'value' }, text)))));
}

const scales = { 亿: 1e8, 千万: 1e7, 百万: 1e6, 万: 1e4, 千: 1e3 };

const sorts = [
  { pattern: /(\d[\d,]*(?:\.\d+)?)\s*(亿|千万|百万|万|千)?元/g, text: money },
  { pattern: /(\d[\d,]*(?:\.\d+)?)\s*()[%％]/g, text: (value) => `${value}%` },
];

function money(value) {
  if (!isChinese()) return `¥${compact(value)}`;
  return value >= 1e8 ? `${count(value / 1e8)}亿元` : value >= 1e4 ? `${count(value / 1e4)}万元` : `${count(value)}元`;
}

/** comparable returns the one figure of each text where all have exactly one of the same unit, amounts before shares unless shares are asked for; null where bars would compare what the texts do not. */
export function comparable(texts, asShares) {
  if (texts.length < 2 || new Set(texts.map((words) => totals.test(words))).size > 1) return null;
  for (const { pattern, text } of asShares ? sorts.toReversed() : sorts) {
    const found = texts.map((words) => [...words.matchAll(pattern)]);
    if (!found.every((figures) => figures.length === 1)) continue;
    return found.map(([[, digits, scale]]) => {
      const value = Number(digits.replaceAll(',', '')) * (scales[scale] ?? 1);
      return { value, text: text(value) };
    });
  }
  return null;
}
