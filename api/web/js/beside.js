// The source of a citation beside the answer: its text, or the page of its PDF,
// scrolled to the quote. On a narrow window it lies over the answer.

import { getDocument, outline, text } from './api.js';
import { h, icon, icons, offsets, reveal } from './dom.js';
import { facts } from './facts.js';
import { reason } from './navigation.js';
import { isPrinted, printedView } from './printed.js';
import { textView } from './text.js';
import { word } from './words.js';

const wide = matchMedia('(min-width: 64rem)');

/** besideView returns the element beside a conversation and what can be put into it. */
export function besideView(signal) {
  const sheet = h('div', { class: 'sheet', tabindex: 0, role: 'region', 'aria-label': word('beside.text') });
  const head = h('header', {});
  const dialog = h('dialog', { class: 'source', 'aria-label': word('beside.source') }, head, sheet);
  const element = h('aside', { class: 'beside', 'aria-label': word('beside.source') }, dialog);
  const texts = new Map(); // what was fetched, by document and version
  let opener = null;
  let opened = 0; // counts what was opened, so that the last one wins
  let printed = true; // PDFs are shown as they were printed

  const fetched = (citation) => {
    const key = `${citation.document_id} ${citation.version}`;
    if (!texts.has(key)) {
      texts.set(key, Promise.all([getDocument(citation.document_id), text(citation.document_id, citation.version), outline(citation.document_id, citation.version)]));
      texts.get(key).catch(() => texts.delete(key));
    }
    return texts.get(key);
  };

  const unmark = () => {
    for (const mark of document.querySelectorAll('.mark[aria-current]')) mark.removeAttribute('aria-current');
  };

  const close = () => {
    opened += 1;
    dialog.close();
    element.classList.remove('open');
    unmark();
    opener?.isConnected && opener.focus();
    opener = null;
  };

  const draw = async (citation) => {
    const turn = (opened += 1);
    let content;
    let choice;
    try {
      const [described, words, sections] = await fetched(citation);
      if (citation.page && isPrinted(described)) {
        choice = choiceOf(printed, async (chosen) => {
          printed = chosen;
          if (await draw(citation)) toQuote(false);
          head.querySelector('[aria-pressed=true]')?.focus();
        });
        if (printed) content = await printedView(citation, word('reader.quote')).catch((error) => h('p', { class: 'notice', role: 'alert' }, reason(error)));
      }
      const [from, to] = offsets(words, citation.start, citation.end);
      content ??= textView(words, sections, described, { from, to }, word('reader.quote'));
    } catch (error) {
      content = h('p', { class: 'notice', role: 'alert' }, reason(error));
    }
    if (turn !== opened || signal.aborted) return false;
    head.replaceChildren(...headOf(citation, close), choice ?? '');
    sheet.replaceChildren(content);
    element.classList.add('open');
    return true;
  };

  /** mark shows which of an answer's marks is open. */
  const mark = (citation, answer) => {
    unmark();
    for (const other of answer?.querySelectorAll('.mark') ?? []) {
      if (other.textContent === String(citation.number)) other.setAttribute('aria-current', 'true');
    }
  };

  const toQuote = (focus) => {
    const quote = sheet.querySelector('mark');
    if (!quote) return;
    reveal(quote, sheet);
    if (focus) quote.focus({ preventScroll: true });
  };

  /** open shows a citation and leads there; closing leads back to the opener. */
  const open = async (citation, from) => {
    if (!(await draw(citation))) return;
    opener = from;
    if (dialog.open && !dialog.matches(':modal') !== wide.matches) dialog.close();
    if (!dialog.open) {
      if (wide.matches) dialog.show();
      else dialog.showModal();
    }
    mark(citation, from.closest('.answer'));
    toQuote(true);
  };

  /** offer shows a citation where there is room beside the answer, and leaves the reader where they are. */
  const offer = async (citation, answer) => {
    if (!wide.matches || opener) return;
    if (!(await draw(citation))) return;
    const active = document.activeElement;
    if (!dialog.open) dialog.show(); // which takes the focus
    if (active === document.body) document.activeElement.blur();
    else active.focus({ preventScroll: true });
    mark(citation, answer);
    toQuote(false);
  };

  /** show puts something else there. */
  const show = (content) => {
    opened += 1;
    dialog.close();
    element.classList.remove('open');
    element.replaceChildren(...[content, dialog].filter(Boolean));
  };

  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    close();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && dialog.open && dialog.contains(document.activeElement)) close();
  }, { signal });
  wide.addEventListener('change', () => {
    if (dialog.open && dialog.matches(':modal') === wide.matches) close();
  }, { signal });
  return { element, open, offer, show };
}

/** choiceOf offers a PDF's page and its text, of which one is shown. */
function choiceOf(printed, choose) {
  const button = (key, is) => h('button', { class: 'quiet', 'aria-pressed': String(is === printed), onclick: () => is === printed || choose(is) }, word(key));
  return h('p', { class: 'choice', role: 'group', 'aria-label': word('printed.choice') }, button('printed.print', true), button('printed.text', false));
}

function headOf(citation, close) {
  return [
    h('div', { class: 'bar' },
      h('span', { class: 'mark', 'aria-hidden': 'true' }, String(citation.number)),
      h('a', { href: citation.url, class: 'whole' }, icon(icons.expand), word('beside.whole')),
      h('button', { class: 'close', 'aria-label': word('beside.close'), title: word('beside.close'), onclick: close }, icon(icons.close))),
    h('h2', { dir: 'auto' }, citation.title),
    h('p', { class: 'facts' }, facts(citation)),
    citation.superseded_by && h('p', { class: 'notice' }, word('reader.superseded'), ' ',
      h('a', { href: `/documents/${encodeURIComponent(citation.superseded_by)}` }, word('reader.superseding'))),
  ].filter(Boolean);
}
