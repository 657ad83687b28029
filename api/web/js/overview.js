// What the base holds, and what it lacks.

import { documents, facets, verdicts } from './api.js';
import { h, length } from './dom.js';
import { facts } from './facts.js';
import { count, word } from './words.js';

const ranked = 15; // values of a chart that are shown
const newest = 8;
const readThrough = 500; // documents that are looked through for what they lack

/** draw shows the charts, each bar a way to its documents. */
export async function draw() {
  document.title = `${word('nav.overview')} · policykb`;
  const [held, page, said] = await Promise.all([facets(), documents({ limit: readThrough }), verdicts()]);
  if (!page.total) return [h('div', { class: 'overview' }, h('h1', {}, word('nav.overview')), h('p', {}, h('a', { href: '/documents' }, word('ask.empty'))))];
  return [h('div', { class: 'overview' },
    h('h1', {}, word('nav.overview')),
    h('ul', { class: 'sums' }, sums(held, page).map(([n, key]) => h('li', {}, h('strong', {}, count(n)), ' ', word(key, n)))),
    h('div', { class: 'charts' },
      chart('city', held.city),
      h('div', {}, columns(held.year), chart('kind', held.kind), chart('status', held.status), gaps(held, page), quality(said)),
      latest(page)))];
}

const sums = (held, page) => [[page.total, 'overview.documents'], [held.city.length, 'overview.places'], [held.issuer.length, 'overview.issuers']];
const of = (name, value) => `/documents?${new URLSearchParams({ [name]: value })}`;

/** chart ranks the values of a facet. */
function chart(name, values) {
  if (!values.length) return null;
  const most = Math.max(...values.map((value) => value.count));
  const row = ({ value, count: n }) => h('li', {}, h('a', { href: of(name, value) },
    h('span', { class: 'label', dir: 'auto' }, word(`${name}.${value}`) ?? value),
    h('span', { class: 'track', 'aria-hidden': 'true' }, length(h('span', { class: 'bar' }), n / most)),
    h('span', { class: 'value' }, count(n))));
  const rest = values.slice(ranked);
  return h('section', { class: 'bars' }, h('h2', {}, word(`field.${name}`)), h('ul', {}, values.slice(0, ranked).map(row)),
    rest.length > 0 && h('details', {}, h('summary', {}, word('documents.rest', count(rest.length))), h('ul', {}, rest.map(row))));
}

/** columns shows the years in their order, those without documents too. */
function columns(values) {
  if (!values.length) return null;
  const counts = new Map(values.map(({ value, count: n }) => [Number(value), n]));
  const [first, last] = [Math.min(...counts.keys()), Math.max(...counts.keys())];
  const from = Math.max(first, last - 11);
  const most = Math.max(...counts.values());
  const years = Array.from({ length: last - from + 1 }, (_, i) => from + i);
  return h('section', { class: 'columns-chart' }, h('h2', {}, word('field.year')), h('ol', {}, years.map((year) => {
    const n = counts.get(year) ?? 0;
    const bar = h('span', { class: 'bar', 'aria-hidden': 'true' });
    bar.style.blockSize = `${(n / most) * 100}%`;
    const inner = [h('span', { class: 'label' }, String(year)), h('span', { class: 'value' }, n ? count(n) : ''), h('span', { class: 'track' }, bar)];
    return h('li', {}, n ? h('a', { href: of('year', year) }, inner) : h('span', {}, inner));
  })));
}

function latest(page) {
  return h('section', { class: 'latest' }, h('h2', {}, word('overview.latest')), h('ul', {}, page.documents.slice(0, newest).map((document) => h('li', {},
    h('a', { href: document.url, dir: 'auto' }, document.title),
    h('p', { class: 'facts' }, facts({ city: document.city, issued_on: document.issued_on }))))));
}

/** quality counts what people said of answers. */
function quality(said) {
  if (!said?.length) return null;
  const counts = Map.groupBy(said, (verdict) => verdict);
  return h('section', { class: 'bars quality' }, h('h2', {}, word('overview.feedback')), h('ul', {}, [...counts].map(([verdict, all]) => h('li', {},
    h('span', { class: 'label' }, word(`feedback.${verdict}`) ?? word('feedback.none')),
    h('span', { class: 'track', 'aria-hidden': 'true' }, length(h('span', { class: 'bar' }), all.length / said.length)),
    h('span', { class: 'value' }, count(all.length))))));
}

/** gaps counts the documents that lack what a reader asks for first. Where all can be looked through, the first ones are named. */
function gaps(held, page) {
  const whole = !page.next_cursor;
  const lacking = (name) => (whole ? page.documents.filter((document) => !document[name]) : null);
  const counted = (name) => page.total - held[name].reduce((sum, value) => sum + value.count, 0);
  const rows = [
    ['issued_on', lacking('issued_on'), counted('year')],
    ['city', lacking('city'), counted('city')],
    ['issuer', lacking('issuer'), counted('issuer')],
    ['status', lacking('status'), counted('status')],
    ['doc_number', lacking('doc_number'), 0],
  ].map(([name, list, n]) => ({ name, list: list ?? [], n: list ? list.length : n })).filter(({ n }) => n > 0);
  const old = held.status.find(({ value }) => value === 'expired');
  if (!rows.length && !old) return null;
  return h('section', { class: 'gaps' }, h('h2', {}, word('overview.gaps')), h('ul', {},
    rows.map(({ name, list, n }) => h('li', {}, list.length === 0 ? word('gap.lacks', count(n), word(`field.${name}`)) : h('details', {},
      h('summary', {}, word('gap.lacks', count(n), word(`field.${name}`))),
      h('ul', {}, list.slice(0, 20).map((document) => h('li', {}, h('a', { href: document.url, dir: 'auto' }, document.title))))))),
    old && h('li', {}, h('a', { href: of('status', 'expired') }, word('gap.expired', count(old.count))))));
}
