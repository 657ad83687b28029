// Saying whether an answer was right. What people say becomes questions to
// measure answers by.

import { giveFeedback } from './api.js';
import { announce, h } from './dom.js';
import { reason } from './navigation.js';
import { word } from './words.js';

/** feedbackBar asks about an answer; who says that it is not right may add what is. */
export function feedbackBar(answer) {
  const element = h('div', { class: 'feedback', role: 'group', 'aria-label': word('feedback.ask') });
  const send = async (verdict, more = {}) => {
    try {
      await giveFeedback({ answer_id: answer.id, question: answer.interpretation.rewritten ?? answer.question, verdict, ...more });
      element.replaceChildren(h('p', { class: 'soft' }, word('feedback.thanks')));
      announce(word('feedback.thanks'));
    } catch (error) {
      if (error.status === 404) return element.remove(); // none is kept here
      element.append(h('p', { class: 'notice', role: 'alert' }, reason(error)));
    }
  };
  const right = () => send(answer.answered ? 'right' : 'unanswerable', answer.answered ? { evidence: answer.citations.slice(0, 20).map(({ document_id, quote }) => ({ document_id, quote })) } : {});
  const button = (key, act) => h('button', { class: 'quiet', onclick: act }, word(key));
  const tell = (verdict) => element.replaceChildren(formOf(verdict, send));
  element.append(h('span', { class: 'soft' }, word(answer.answered ? 'feedback.ask' : 'feedback.ask_none')),
    ...(answer.answered
      ? [button('feedback.right', right), button('feedback.wrong', () => tell('wrong')), button('feedback.incomplete', () => tell('incomplete'))]
      : [button('feedback.none', right), button('feedback.should', () => tell('wrong'))]));
  return element;
}

function formOf(verdict, send) {
  const box = (name) => h('label', {}, word(`feedback.${name}`), h('textarea', { name, rows: 2, maxlength: 4000, dir: 'auto' }));
  const form = h('form', {}, box('answer'), box('comment'), h('button', { type: 'submit', class: 'primary' }, word('feedback.send')));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const said = Object.fromEntries([...new FormData(form)].filter(([, words]) => words.trim()));
    send(verdict, said);
  });
  requestAnimationFrame(() => form.elements.answer.focus());
  return form;
}
