// The documents: found by words and facets, added, removed.

import { documents, facets } from './api.js';
import { addingView } from './adding.js';
import { h } from './dom.js';
import { facts } from './facts.js';
import { go } from './navigation.js';
import { isPending, removal } from './removal.js';
import { count, word } from './words.js';

const pageSize = 200;
const facetNames = ['city', 'kind', 'status', 'year', 'issuer'];
const shortFacet = 8; // values shown before the rest is folded away

/** draw shows the list that the address describes. */
export async function draw(address, signal) {
  document.title = `${word('nav.documents')} · policykb`;
  const [held, page] = await Promise.all([facets(), documents(queryOf(address))]);
  const list = h('ul', { class: 'documents' });
  const results = h('section', { class: 'results', 'aria-label': word('documents.list') });
  const fill = (found) => {
    const shown = found.documents.filter((document) => !isPending(document));
    const total = found.total - found.documents.length + shown.length;
    list.replaceChildren(...sorted(shown, address.get('sort')).map(item));
    const more = found.next_cursor && h('button', { class: 'more-button', onclick: async () => {
      const next = await documents({ ...queryOf(address), cursor: found.next_cursor });
      fill({ ...next, documents: [...found.documents, ...next.documents] });
    } }, word('documents.more'));
    results.replaceChildren(...[
      h('div', { class: 'heading' }, h('p', { class: 'soft', role: 'status' }, word('documents.found', count(total))), clearing(address), sorting(address, found)),
      list, total === 0 && h('p', { class: 'none' }, word('documents.none')), more,
    ].filter(Boolean));
  };
  fill(page);
  const reload = async () => {
    const fresh = await documents(queryOf(address));
    if (!signal.aborted) fill(fresh);
  };
  return [h('div', { class: 'library' },
    h('h1', {}, word('nav.documents')),
    addingView(reload, signal),
    h('div', { class: 'columns' },
      h('div', { class: 'side' }, searchForm(address), facetLists(held, address)),
      results))];
}

/** queryOf turns the address of the list into the server's question. A year stands for its days. */
function queryOf(address) {
  const query = [['limit', pageSize]];
  for (const name of ['city', 'kind', 'status', 'issuer', 'q']) {
    for (const value of address.getAll(name)) if (value) query.push([name, value]);
  }
  const year = address.get('year');
  if (year) query.push(['issued_from', year], ['issued_to', year]);
  return Object.fromEntries(query);
}

function changed(address, name, value) {
  const next = new URLSearchParams(address);
  if (!value || next.get(name) === value) next.delete(name);
  else next.set(name, value);
  return `/documents?${next}`;
}

function searchForm(address) {
  const box = h('input', { type: 'search', name: 'q', id: 'q', maxlength: 200, placeholder: word('documents.search'), 'aria-label': word('documents.search') });
  box.value = address.get('q') ?? '';
  return h('form', { class: 'search', role: 'search', onsubmit: (event) => {
    event.preventDefault();
    const next = new URLSearchParams(address);
    next.delete('q');
    if (box.value.trim()) next.set('q', box.value.trim());
    go(`/documents?${next}`);
  } }, box);
}

function facetLists(held, address) {
  const chosen = facetNames.some((name) => address.has(name)) || window.innerWidth >= 1024;
  return h('details', { class: 'facets', open: chosen }, h('summary', {}, word('documents.facets')),
    facetNames.filter((name) => held[name].length).map((name) => facetList(name, held[name], address)));
}

function facetList(name, values, address) {
  const ordered = name === 'year' ? values.toSorted((a, b) => b.value.localeCompare(a.value)) : values;
  const item = ({ value, count: n }) => h('li', {}, h('a', {
    href: changed(address, name, value), 'aria-current': address.get(name) === value && 'true',
  }, h('bdi', {}, word(`${name}.${value}`) ?? value), h('span', { class: 'n' }, count(n))));
  const rest = ordered.slice(shortFacet);
  return h('section', {}, h('h2', {}, word(`field.${name}`)),
    h('ul', {}, ordered.slice(0, shortFacet).map(item)),
    rest.length > 0 && h('details', { open: rest.some(({ value }) => address.get(name) === value) },
      h('summary', {}, word('documents.rest', count(rest.length))), h('ul', {}, rest.map(item))));
}

/** clearing leads back to the whole list. */
function clearing(address) {
  const narrowed = address.has('q') || facetNames.some((name) => address.has(name));
  return narrowed && h('a', { href: '/documents', class: 'clear' }, word('documents.clear'));
}

const orders = {
  added: null, // the order they come in: newest first
  issued_on: (a, b) => (b.issued_on ?? '').localeCompare(a.issued_on ?? ''),
  title: (a, b) => a.title.localeCompare(b.title, 'zh'),
  city: (a, b) => (a.city ?? '\uffff').localeCompare(b.city ?? '\uffff', 'zh'),
};

const sorted = (list, by) => (orders[by] ? list.toSorted(orders[by]) : list);

/** sorting is offered where the whole list is here: a page of it sorted would mislead. */
function sorting(address, found) {
  if (found.next_cursor || found.total < 2) return null;
  const by = address.get('sort') ?? 'added';
  return h('p', { class: 'sorting' }, h('span', { class: 'soft' }, word('documents.sort')), Object.keys(orders).map((name) => h('a', {
    href: changed(address, 'sort', name === 'added' ? '' : name), 'aria-current': by === name && 'true',
  }, word(`sort.${name}`) ?? word(`field.${name}`))));
}

function item(document) {
  const row = h('li', {},
    h('div', {},
      h('a', { href: document.url, dir: 'auto', class: 'title' }, document.title),
      h('p', { class: 'facts' }, facts(document), document.kind && h('span', {}, word(`kind.${document.kind}`) ?? document.kind))),
    h('button', { class: 'quiet remove', 'aria-label': word('remove.label', document.title), onclick: () => { row.remove(); removal(document); } }, word('remove')));
  return row;
}
