// The page's addresses and what each shows. One HTML file serves them all.

import { askView } from './ask.js';
import { again, failure, start } from './navigation.js';
import { readerView } from './reader.js';
import { switchLanguage, translate, word } from './words.js';

const view = document.getElementById('view');
const language = document.getElementById('language');
let leave = new AbortController(); // ends what the view before still does

/** show draws what belongs at the address. Views get a signal that ends with them. */
async function show() {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const address = new URL(location.href);
  const [, id] = address.pathname.match(/^\/documents\/([^/]+)$/) ?? [];
  let content;
  try {
    content = id
      ? await readerView(decodeURIComponent(id), address.searchParams, signal)
      : await askView(address.searchParams.get('q') ?? '', signal);
  } catch (error) {
    content = [failure(error)];
  }
  if (!signal.aborted) view.replaceChildren(...content.filter(Boolean));
}

/** drawFrame puts the words of the language chosen around the view. */
function drawFrame() {
  translate();
  language.textContent = word('language.other');
  language.lang = document.documentElement.lang === 'en' ? 'zh-Hans' : 'en';
}

language.addEventListener('click', () => {
  switchLanguage();
  drawFrame();
  again();
});
drawFrame();
start(show);
