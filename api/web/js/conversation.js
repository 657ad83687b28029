// A conversation: questions with their answers, whose address leads to it again.

import { ask } from './api.js';
import { answerView } from './answer.js';
import { addressOf, questionForm } from './ask.js';
import { remember } from './asked.js';
import { besideView } from './beside.js';
import { readChips, filterChips, filtersOf } from './filters.js';
import { announce, h, icon, icons } from './dom.js';
import { failure, go, rename } from './navigation.js';
import { word } from './words.js';

/** draw asks the address's questions one after the other, each with those before it as its history. */
export function draw(address, signal) {
  const first = address.get('q');
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
      heading.append(h('button', { class: 'edit', 'aria-label': word('ask.edit'), title: word('ask.edit'), onclick: () => edit(heading, question, address) }, icon(icons.edit)));
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
  return [h('div', { class: 'desk' }, turns, beside.element, h('div', { class: 'composer' }, composer))];
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
