// A canonical text as people read it: headings as headings, rows of tables as
// tables, a quote marked. Positions here are UTF-16 units of the whole text, so
// that what is marked is what was cited, however it is set.

import { h, offsets } from './dom.js';

/** Blocks are drawn in groups that the browser lays out only when they come near the window. */
const groupSize = 40;

/** The groups drawn at once: those at the top, and those about the quote or the heading that the address names. The others follow while nothing else is to do. */
const drawnAtOnce = 2;

/** textView draws the text of the document described; quote is {from, to} or null. The title is not said twice: a first heading that repeats it is left out, unless it is quoted. */
export function textView(text, sections, { title, language }, quote, quoteLabel) {
  const marker = markerOf(quote, quoteLabel);
  const article = h('article', { class: 'text', lang: language ?? 'zh' });
  const all = [...blocks(text, headingsOf(text, sections))];
  const [first] = all;
  if ((first?.heading?.section.title ?? first?.words?.trim()) === title && !(quote && quote.from < first.to)) all.shift();
  rank(all.filter(isHeading));
  const wanted = location.hash.slice(1);
  const later = [];
  for (let i = 0; i < all.length; i += groupSize) {
    const own = all.slice(i, i + groupSize);
    const group = h('div', { class: 'group' });
    const draw = () => {
      group.classList.remove('later');
      group.replaceChildren(...own.map((block) => (block.rows ? tableView(block.rows, marker) : lineView(block, marker))));
    };
    const quoted = quote && own.some((block) => startOf(block) < quote.to && endOf(block) > quote.from);
    if (i < drawnAtOnce * groupSize || quoted || own.some((block) => block.heading && anchorOf(block.heading) === wanted)) {
      draw();
    } else {
      group.classList.add('later');
      later.push(draw);
    }
    article.append(group);
  }
  drawLater(later);
  return article;
}

/** drawLater draws what was put off, in turns that leave the page free; printing waits for nothing. */
export function drawLater(drawings) {
  if (!drawings.length) return;
  const idle = globalThis.requestIdleCallback ?? ((turn) => setTimeout(() => turn({ timeRemaining: () => 8 })));
  const turn = (deadline) => {
    do drawings.shift()?.(); while (drawings.length && deadline.timeRemaining() > 4);
    if (drawings.length) idle(turn);
    else removeEventListener('beforeprint', all);
  };
  const all = () => drawings.splice(0).forEach((draw) => draw());
  addEventListener('beforeprint', all);
  idle(turn);
}

/** isHeading reports whether a heading fills its line; one that runs into its sentence is set bold. */
const isHeading = ({ heading, words, from }) => heading && words.slice(heading.to - from).trim() === '';

/** rank gives headings their depth under the title, the highest 2, none more than one below the heading before it. */
function rank(lines) {
  const top = Math.min(...lines.map((line) => line.heading.section.level));
  let before = 1;
  for (const line of lines) line.depth = before = Math.min(line.heading.section.level - top + 2, before + 1, 6);
}

const startOf = (block) => (block.rows ? block.rows[0] : block).from;
const endOf = (block) => (block.rows ? block.rows.at(-1) : block).to;

/** anchorOf names the place of a heading for links. */
const anchorOf = (heading) => `at-${heading.section.heading.start}`;

/** headingsOf gives each section its place in UTF-16 units. */
function headingsOf(text, sections) {
  const ends = offsets(text, ...sections.flatMap((section) => [section.heading.start, section.heading.end]));
  return sections.map((section, i) => ({ section, from: ends[2 * i], to: ends[2 * i + 1] }));
}

/** blocks yields lines, and the rows of tables together. A line knows the heading that stands in it. */
function* blocks(text, headings) {
  let from = 0;
  let next = 0; // of the headings
  let rows = [];
  for (const words of text.split('\n')) {
    const line = { words, from, to: from + words.length };
    from = line.to + 1;
    if (/^\s*\|.*\|\s*$/.test(words)) {
      rows.push(line);
      continue;
    }
    if (rows.length) yield { rows };
    rows = [];
    while (next < headings.length && headings[next].from < line.from) next += 1;
    if (next < headings.length && headings[next].from < line.to) line.heading = headings[next];
    if (words.trim()) yield line;
  }
  if (rows.length) yield { rows };
}

/** lineView sets a line. */
function lineView(line, marker) {
  const { heading } = line;
  const start = line.from + line.words.match(/^(?:#{1,6} |\s)*/)[0].length; // marks of Markdown are not read out
  const words = (from, to) => marker(line.words.slice(from - line.from, to - line.from), from);
  if (!heading) return h('p', { dir: 'auto' }, words(start, line.to));
  const id = anchorOf(heading);
  if (line.depth) {
    return h(`h${line.depth}`, { id, dir: 'auto' }, words(Math.min(start, heading.from), line.to));
  }
  const end = Math.max(start, heading.to);
  return h('p', { id, dir: 'auto' }, h('strong', {}, words(start, end)), words(end, line.to));
}

/** tableView sets rows between bars; the first is the head. */
function tableView(rows, marker) {
  const isRule = (row) => /^[\s|:-]+$/.test(row.words);
  const cells = (row, tag) => h('tr', {}, [...row.words.matchAll(/[^|]+/g)]
    .filter((cell, i, all) => cell[0].trim() || (i > 0 && i < all.length - 1))
    .map((cell) => h(tag, {}, marker(cell[0].trim(), row.from + cell.index + (cell[0].length - cell[0].trimStart().length)))));
  const [head, ...body] = rows.filter((row) => !isRule(row));
  return h('div', { class: 'table', tabindex: 0, role: 'group' }, h('table', {},
    head && h('thead', {}, cells(head, 'th')),
    h('tbody', {}, body.map((row) => cells(row, 'td')))));
}

/** markerOf returns the function that cuts words, which stand at from, where the quote begins and ends. */
function markerOf(quote, label) {
  return (words, from) => {
    const start = quote ? Math.max(quote.from - from, 0) : 0;
    const end = quote ? Math.min(quote.to - from, words.length) : 0;
    if (start >= end) return [words];
    return [words.slice(0, start), h('mark', { tabindex: -1, 'aria-label': label }, words.slice(start, end)), words.slice(end)];
  };
}
