// Asking: one box, and what could be asked.

import { documents, facets, getDocument } from './api.js';
import { asked, forget } from './asked.js';
import { h } from './dom.js';
import { failure, go } from './navigation.js';
import { count, isChinese, word } from './words.js';

// Questions that the starter corpus answers, shown where its city is there.
const examples = [
  { city: '成都', zh: '成都每年发放的算力券总额上限是多少？', en: 'How large are Chengdu’s computing vouchers each year?' },
  { city: '上海', zh: '上海和深圳的算力补贴有什么不同？', en: 'How do the computing subsidies of Shanghai and Shenzhen differ?' },
  { city: '全国', zh: '人工智能生成的图片要怎么标识？', en: 'How must images made by AI be labelled?' },
  { city: '浙江', zh: '城市大脑是指什么？', en: 'What is the City Brain?' },
];

/** draw shows the box, and under it, when it has come, what the base holds. */
export function draw(address, signal) {
  document.title = 'policykb';
  const early = document.querySelector('[data-early]')?.elements.q; // what was typed before this module came
  const form = questionForm({ label: word('ask.label'), value: early?.value, submit: (words) => go(addressOf(words, address)) });
  requestAnimationFrame(() => form.elements.q.focus({ preventScroll: true }));
  const below = h('div');
  suggestions(address.get('document_id')).catch(failure).then((content) => !signal.aborted && below.append(...[content].flat().filter(Boolean)));
  return [h('div', { class: 'ask' }, h('h1', {}, word('ask.title')), h('p', { class: 'lead' }, word('ask.lead')), form, below)];
}

async function suggestions(only) {
  const [held, { total }, document_] = await Promise.all([facets(), documents({ limit: 1 }), only && getDocument(only)]);
  return [
    document_ ? h('p', { class: 'only' }, word('ask.only'), h('bdi', {}, document_.title)) : exampleList(held),
    recentList(),
    h('p', { class: 'holds' },
      total ? h('a', { href: '/overview' }, word('ask.holds', count(total), count(held.city.length)))
        : h('a', { href: '/documents' }, word('ask.empty'))),
  ];
}

/** addressOf is where a question with the filters of an address is answered. */
export function addressOf(question, address) {
  const next = new URLSearchParams(address);
  next.delete('q');
  next.delete('then');
  return `/?${new URLSearchParams([['q', question], ...next])}`;
}

/** questionForm is a box that hands the question in it to submit. */
export function questionForm({ label, submit, placeholder = word('ask.placeholder'), value = '', id = 'q' }) {
  const box = h('textarea', {
    name: 'q', id, rows: 1, maxlength: 4000, required: true, placeholder, 'aria-label': label, 'aria-describedby': `${id}-hint`,
    enterkeyhint: 'send', autocomplete: 'off', spellcheck: 'false', dir: 'auto',
  });
  box.value = value;
  const send = () => {
    const words = box.value.trim();
    if (words) submit(words);
  };
  box.addEventListener('keydown', (event) => {
    // While an input method composes, Enter chooses a word.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  });
  return h('form', { class: 'question', role: 'search', onsubmit: (event) => { event.preventDefault(); send(); } },
    box,
    h('button', { type: 'submit', class: 'primary' }, word('ask.submit')),
    h('p', { id: `${id}-hint`, class: 'hidden' }, word('ask.hint')));
}

function questionList(id, title, questions, ...more) {
  return h('section', { class: 'examples', 'aria-labelledby': id },
    h('div', { class: 'heading' }, h('h2', { id }, title), ...more),
    h('ul', {}, questions.map((text) => h('li', {}, h('a', { href: `/?q=${encodeURIComponent(text)}`, dir: 'auto' }, text)))));
}

function exampleList(held) {
  const cities = new Set(held.city.map((city) => city.value));
  const shown = examples.filter((example) => cities.has(example.city));
  return shown.length > 0 && questionList('examples', word('ask.examples'), shown.map((example) => (isChinese() ? example.zh : example.en)));
}

function recentList() {
  const questions = asked().slice(0, 6);
  if (!questions.length) return null;
  const list = questionList('recent', word('ask.recent'), questions,
    h('button', { class: 'quiet', onclick: () => { forget(); list.remove(); } }, word('ask.forget')));
  return list;
}
