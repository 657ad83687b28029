// The first page: one box, and the answer under it.

import { ask, documents, facets } from './api.js';
import { answerView } from './answer.js';
import { h } from './dom.js';
import { failure, go } from './navigation.js';
import { count, isChinese, word } from './words.js';

// Questions that the starter corpus answers, shown where its city is there.
const examples = [
  { city: '北京', zh: '北京的算力券最高能补多少？', en: 'How much can a computing voucher pay in Beijing?' },
  { city: '上海', zh: '上海和深圳的算力补贴有什么不同？', en: 'How do the computing subsidies of Shanghai and Shenzhen differ?' },
  { city: '全国', zh: '人工智能生成的图片要怎么标识？', en: 'How must images made by AI be labelled?' },
  { city: '杭州', zh: '城市大脑是指什么？', en: 'What is the City Brain?' },
];

/** askView draws the box, and the answer where there is a question. */
export async function askView(question, signal) {
  const form = questionForm(question);
  if (question) {
    document.title = `${question} · policykb`;
    return [h('div', { class: 'ask asked' }, form, conversation(question, signal))];
  }
  document.title = 'policykb';
  const [held, { total }] = await Promise.all([facets(), documents({ limit: 1 })]);
  requestAnimationFrame(() => form.elements.q.focus({ preventScroll: true }));
  return [
    h('div', { class: 'ask' },
      h('h1', {}, word('ask.title')),
      h('p', { class: 'lead' }, word('ask.lead')),
      form,
      exampleList(held),
      h('p', { class: 'holds' }, total ? word('ask.holds', count(total), count(held.city.length)) : word('ask.empty'))),
  ];
}

function questionForm(question) {
  const box = h('textarea', {
    name: 'q', id: 'q', rows: 1, maxlength: 4000, required: true, placeholder: word('ask.placeholder'), 'aria-describedby': 'hint',
    enterkeyhint: 'send', autocomplete: 'off', spellcheck: 'false',
  });
  box.value = question;
  const submit = () => {
    const asked = box.value.trim();
    if (asked) go(`/?q=${encodeURIComponent(asked)}`);
  };
  box.addEventListener('keydown', (event) => {
    // While an input method composes, Enter chooses a word.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
  });
  return h('form', { class: 'question', role: 'search', onsubmit: (event) => { event.preventDefault(); submit(); } },
    h('label', { for: 'q', class: 'hidden' }, word('ask.label')),
    box,
    h('button', { type: 'submit', class: 'primary' }, word('ask.submit')),
    h('p', { id: 'hint', class: 'hint' }, word('ask.hint')));
}

function exampleList(held) {
  const cities = new Set(held.city.map((city) => city.value));
  const shown = examples.filter((example) => cities.has(example.city));
  if (!shown.length) return null;
  return h('section', { class: 'examples', 'aria-labelledby': 'examples' },
    h('h2', { id: 'examples' }, word('ask.examples')),
    h('ul', {}, shown.map((example) => {
      const text = isChinese() ? example.zh : example.en;
      return h('li', {}, h('a', { href: `/?q=${encodeURIComponent(text)}`, 'data-link': true }, text));
    })));
}

/** conversation asks, and draws the answer as it comes. */
function conversation(question, signal) {
  const place = h('div', { class: 'conversation', 'aria-live': 'polite', 'aria-busy': 'true' });
  const drawn = answerView();
  place.append(drawn.element);
  (async () => {
    try {
      for await (const event of ask({ question, language: 'auto' }, signal)) drawn.take(event);
    } catch (error) {
      if (!signal.aborted) place.replaceChildren(failure(error));
    } finally {
      place.setAttribute('aria-busy', 'false');
    }
  })();
  return place;
}
