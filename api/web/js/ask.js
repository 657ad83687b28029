// Asking: one box, then a conversation whose address leads to it again.

import { ask, documents, facets, getDocument } from './api.js';
import { answerView } from './answer.js';
import { asked, forget, remember } from './asked.js';
import { besideView } from './beside.js';
import { readChips, filterChips, filtersOf } from './filters.js';
import { announce, h, icon, icons } from './dom.js';
import { failure, go, rename } from './navigation.js';
import { count, isChinese, word } from './words.js';

// Questions that the starter corpus answers, shown where its city is there.
const examples = [
  { city: '成都', zh: '成都每年发放的算力券总额上限是多少？', en: 'How large are Chengdu’s computing vouchers each year?' },
  { city: '上海', zh: '上海和深圳的算力补贴有什么不同？', en: 'How do the computing subsidies of Shanghai and Shenzhen differ?' },
  { city: '全国', zh: '人工智能生成的图片要怎么标识？', en: 'How must images made by AI be labelled?' },
  { city: '浙江', zh: '城市大脑是指什么？', en: 'What is the City Brain?' },
];

/** askView draws the box, and under the address's questions their answers. */
export async function askView(address, signal) {
  const question = address.get('q') ?? '';
  if (question) return [conversationView(question, address, signal)];
  document.title = 'policykb';
  const only = address.get('document_id');
  const [held, { total }, document_] = await Promise.all([facets(), documents({ limit: 1 }), only && getDocument(only)]);
  const form = questionForm({ label: word('ask.label'), submit: (words) => go(addressOf(words, address)) });
  requestAnimationFrame(() => form.elements.q.focus({ preventScroll: true }));
  return [
    h('div', { class: 'ask' },
      h('h1', {}, word('ask.title')),
      h('p', { class: 'lead' }, word('ask.lead')),
      form,
      document_ && h('p', { class: 'only' }, word('ask.only'), h('bdi', {}, document_.title)),
      !document_ && exampleList(held),
      recentList(),
      h('p', { class: 'holds' },
        total ? h('a', { href: '/overview', 'data-link': true }, word('ask.holds', count(total), count(held.city.length)))
          : h('a', { href: '/documents', 'data-link': true }, word('ask.empty')))),
  ];
}

/** addressOf is where a question with the filters of an address is answered. */
function addressOf(question, address) {
  const next = new URLSearchParams(address);
  next.delete('q');
  next.delete('then');
  return `/?${new URLSearchParams([['q', question], ...next])}`;
}

function questionForm({ label, submit, placeholder = word('ask.placeholder'), value = '', id = 'q' }) {
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
    h('ul', {}, questions.map((text) => h('li', {}, h('a', { href: `/?q=${encodeURIComponent(text)}`, 'data-link': true, dir: 'auto' }, text)))));
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
    h('button', { type: 'button', class: 'quiet', onclick: () => { forget(); list.remove(); } }, word('ask.forget')));
  return list;
}

/** conversationView asks the address's questions one after the other, each with those before it as its history. */
function conversationView(first, address, signal) {
  const filters = filtersOf(address);
  const turns = h('div', { class: 'turns' });
  const beside = besideView(signal);
  const history = [];

  const turn = async (question) => {
    const drawn = answerView(beside, history.length / 2 + 1);
    const chips = h('div', { class: 'chips' }, filterChips(address));
    const heading = h(history.length ? 'h2' : 'h1', { class: 'asked-words', dir: 'auto', tabindex: -1 }, question);
    const section = h('section', { class: 'turn' }, heading, chips, drawn.element);
    turns.append(section);
    if (history.length) {
      section.scrollIntoView({ block: 'start' });
    } else {
      heading.append(h('button', { type: 'button', class: 'edit', 'aria-label': word('ask.edit'), title: word('ask.edit'), onclick: () => edit(heading, question, address) }, icon(icons.edit)));
    }
    section.setAttribute('aria-busy', 'true');
    try {
      for await (const { name, data } of ask({ question, filters, history: history.slice(-50), language: 'auto' }, signal)) {
        if (name === 'interpretation') chips.append(...readChips(data, question, (shorter) => go(addressOf(shorter, address))));
        drawn.take({ name, data });
        if (name !== 'done') continue;
        history.push({ role: 'user', content: question }, { role: 'assistant', content: data.answer.slice(0, 20000) });
        announce(data.answered ? word('answer.ready', data.answer) : word('answer.none'));
      }
      if (history.length === 2) remember(question);
      return true;
    } catch (error) {
      if (!signal.aborted) drawn.element.replaceChildren(failure(error));
      return false;
    } finally {
      section.setAttribute('aria-busy', 'false');
    }
  };

  let busy = (async () => {
    for (const question of [first, ...address.getAll('then')]) {
      if (!(await turn(question))) return;
    }
  })();

  const composer = questionForm({
    label: word('ask.follow'),
    placeholder: word('ask.follow_placeholder'),
    submit: (words) => {
      composer.reset();
      busy = busy.then(() => {
        address.append('then', words);
        rename(`/?${address}`);
        return turn(words);
      });
    },
  });
  document.title = `${first} · policykb`;
  return h('div', { class: 'desk' }, turns, beside.element, h('div', { class: 'composer' }, composer));
}

/** edit puts the question back into a box. */
function edit(heading, question, address) {
  const form = questionForm({ label: word('ask.label'), value: question, id: 'q-again', submit: (words) => go(addressOf(words, address)) });
  const box = form.elements.q;
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    form.replaceWith(heading);
    heading.querySelector('button').focus();
  });
  heading.replaceWith(form);
  box.focus();
}
