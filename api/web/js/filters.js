// What an answer is narrowed to: by the address, and as read off the question.

import { facets } from './api.js';
import { h, icon, icons } from './dom.js';
import { go } from './navigation.js';
import { word } from './words.js';

const lists = ['city', 'kind', 'status', 'document_id'];
const dates = ['issued_from', 'issued_to'];

/** filtersOf reads the filters of an address, as the server takes them. */
export function filtersOf(address) {
  const filters = {};
  for (const name of lists) if (address.has(name)) filters[name] = address.getAll(name);
  for (const name of dates) if (address.get(name)) filters[name] = address.get(name);
  return filters;
}

/** valueWords says a filter's value. */
const valueWords = (name, value) => (name === 'document_id' ? word('filter.one_document') : word(`${name}.${value}`) ?? value);

/** filterChips shows the filters of an address, each with a way to take it off, and a way to add another. */
export function filterChips(address) {
  const without = (name, value) => {
    const next = new URLSearchParams(address);
    next.delete(name, value);
    return `/?${next}`;
  };
  return [
    ...[...lists, ...dates].flatMap((name) => address.getAll(name).map((value) => chip({
      label: word(`filter.${name}`) ?? word(`field.${name}`), value: valueWords(name, value), remove: () => go(without(name, value)),
    }))),
    adding(address),
  ];
}

/** readChips shows the cities and years read off a question. What stands in it can be taken out of its words, unless nothing to compare would be left. */
export function readChips(read, question, ask) {
  const rewritten = read.rewritten && read.rewritten !== question;
  const values = [...read.cities, ...read.districts.filter((name) => !read.cities.includes(name)), ...read.years.map(String)];
  const fixed = rewritten || (read.intent === 'compare' && values.length < 3);
  const chips = values.map((value) => {
    const said = read.places.find(({ name }) => name === value)?.text ?? value;
    const shorter = !fixed && question.includes(said) && without(said, question.split(said));
    return chip({ value: /^\d{4}$/.test(value) ? word('filter.year', value) : value, read: true, remove: shorter && (() => ask(shorter)) });
  });
  if (rewritten) chips.push(h('span', { class: 'rewritten' }, word('answer.rewritten', ''), h('bdi', {}, read.rewritten)));
  return chips;
}

/** without takes a place or year, and what ties it to its neighbours, out of a question cut at it; null where little would be left. */
function without(said, [before, ...rest]) {
  const after = rest.join(said);
  const left = (/\p{Script=Han}/u.test(before + after) ? inChinese : inEnglish)(before, after, said);
  return left.length >= 5 ? left : null;
}

function inChinese(before, after) {
  const head = before.replace(/[在于]$/, '');
  const tail = after.replace(/^(?:市|省|年度|年)/, '');
  return (/[、和与及跟]$/.test(head) ? head.slice(0, -1) + tail : head + tail.replace(/^[的在，、和与及跟：:]/, '')).trim();
}

/** inEnglish leaves a question that asks what a place does its subject. */
function inEnglish(before, after, said) {
  const tail = after.replace(/^['’]s\b/, '');
  const listed = /(?:,\s*|\s)(?:and|or)\s+$|,\s*$/i;
  const tied = /\b(?:in|of|at|for|from|to|by|during|within|since)\s+$/i;
  const first = new RegExp(`^(?:\\s*,)?\\s*(?:and|or)\\s+|^,\\s*(?=${/\d/.test(said) ? '\\d' : '\\p{Lu}'})`, 'u');
  const subject = tail === after && /\b(?:do|does|did|has|have|will|can|may|must|should)\s+$/i.test(before);
  const parts = listed.test(before) ? [before.replace(listed, ''), tail]
    : first.test(tail) ? [before, tail.replace(first, '')]
      : subject ? [before, `any place${tail}`] : [before.replace(tied, ''), tail];
  const left = parts.map((part) => part.trim()).join(' ').replace(/ (?=[,.?!;])/g, '').replace(/^[\s,]+/, '');
  return left.charAt(0).toUpperCase() + left.slice(1);
}

function chip({ label, value, read, remove }) {
  return h('span', { class: read ? 'chip read' : 'chip', title: read && word('filter.read') },
    label && h('span', { class: 'soft' }, label), h('bdi', {}, value),
    remove && h('button', { 'aria-label': word('filter.remove', value), onclick: remove }, icon(icons.close)));
}

/** adding is a small form of all that an answer can be narrowed to; what the corpus has is asked for when it opens. */
function adding(address) {
  const form = h('form', { class: 'pop' });
  const details = h('details', { class: 'more' }, h('summary', {}, icon(icons.add), word('filter.add')), form);
  const choice = (name, values) => h('label', {}, word(`filter.${name}`) ?? word(`field.${name}`), h('select', { name }, h('option', { value: '' }, word('filter.any')),
    values.map(({ value }) => h('option', { value }, word(`${name}.${value}`) ?? value))));
  details.addEventListener('toggle', async () => {
    if (!details.open || form.childElementCount) return;
    const held = await facets();
    const years = held.year.toSorted((a, b) => b.value.localeCompare(a.value));
    form.append(choice('city', held.city), choice('kind', held.kind), choice('status', held.status),
      choice('issued_from', years), choice('issued_to', years), h('button', { type: 'submit', class: 'primary' }, word('filter.apply')));
    form.elements.city.focus();
  });
  details.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    details.open = false;
    details.querySelector('summary').focus();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const next = new URLSearchParams(address);
    for (const [name, value] of new FormData(form)) {
      if (!value || next.has(name, value)) continue;
      if (dates.includes(name)) next.set(name, value);
      else next.append(name, value);
    }
    go(`/?${next}`);
  });
  return details;
}
