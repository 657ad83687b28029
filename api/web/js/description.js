// What is known of a document, where each value was read, and its correction in place.

import { describe } from './api.js';
import { h } from './dom.js';
import { again, reason } from './navigation.js';
import { word } from './words.js';

const fields = ['title', 'city', 'district', 'issuer', 'doc_number', 'issued_on', 'effective_from', 'effective_to', 'kind', 'status', 'source_url', 'tags'];
const choices = {
  kind: ['regulation', 'measures', 'plan', 'opinion', 'notice', 'guide', 'interpretation', 'news', 'digest', 'report'],
  status: ['draft', 'in_force', 'expired', 'repealed'],
};
const dates = ['issued_on', 'effective_from', 'effective_to'];

/** descriptionView lists the values, and turns into a form to correct them. */
export function descriptionView(document) {
  const element = h('section', { class: 'description', 'aria-labelledby': 'description' });
  const read = () => {
    const button = h('button', { class: 'quiet', onclick: () => write() }, word('describe.edit'));
    element.replaceChildren(
      h('div', { class: 'heading' }, h('h2', { id: 'description' }, word('describe.title')), button),
      h('dl', {}, fields.filter((name) => valueOf(document, name)).map((name) => [
        h('dt', {}, word(`field.${name}`)),
        h('dd', {}, h('bdi', {}, word(`${name}.${document[name]}`) ?? valueOf(document, name)), originOf(document, name)),
      ])));
    return button;
  };
  const write = () => {
    const form = formOf(document, () => read().focus());
    element.replaceChildren(h('h2', { id: 'description' }, word('describe.title')), form);
    form.elements[0].focus();
  };
  read();
  return element;
}

const valueOf = (document, name) => (Array.isArray(document[name]) ? document[name].join('、') : document[name] ?? '');

/** originOf tells where a value was read; one that was read in the text leads there. */
function originOf(document, name) {
  const origin = document.origins[name];
  if (!origin) return null;
  const words = word(`origin.${origin.from}`) ?? origin.from;
  if (!origin.span) return h('span', { class: 'origin' }, words);
  return h('a', { class: 'origin', href: `/documents/${encodeURIComponent(document.id)}?start=${origin.span.start}&end=${origin.span.end}` }, words);
}

function formOf(document, cancel) {
  const problem = h('div', { role: 'alert' });
  const input = (name) => {
    const properties = { name, id: `field-${name}` };
    if (choices[name]) {
      const select = h('select', properties, h('option', { value: '' }, '—'), choices[name].map((value) => h('option', { value }, word(`${name}.${value}`))));
      select.value = document[name] ?? '';
      return select;
    }
    const box = h('input', { ...properties, required: name === 'title', dir: 'auto', ...(dates.includes(name) && { pattern: '\\d{4}(-\\d{2}(-\\d{2})?)?', placeholder: '2023-05-23', title: word('describe.date') }) });
    box.value = valueOf(document, name);
    return box;
  };
  const form = h('form', { class: 'describe' },
    fields.map((name) => h('p', {}, h('label', { for: `field-${name}` }, word(`field.${name}`)), input(name))),
    problem,
    h('p', { class: 'buttons' }, h('button', { type: 'submit', class: 'primary' }, word('describe.save')), h('button', { class: 'quiet', onclick: cancel }, word('describe.cancel'))));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const changed = {};
    for (const name of fields) {
      const value = form.elements[name].value.trim();
      if (value === valueOf(document, name)) continue;
      changed[name] = name === 'tags' ? value.split(/[,，、]/).map((tag) => tag.trim()).filter(Boolean) : value || null;
    }
    if (!Object.keys(changed).length) return cancel();
    try {
      await describe(document.id, changed);
      again();
    } catch (error) {
      problem.replaceChildren(h('p', { class: 'notice' }, reason(error)));
    }
  });
  form.addEventListener('keydown', (event) => event.key === 'Escape' && cancel());
  return form;
}
