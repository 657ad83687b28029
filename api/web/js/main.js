// The page's addresses and what each shows. One HTML file serves them all.

import { again, failure, start } from './navigation.js';
import { switchLanguage, translate, word } from './words.js';

const view = document.getElementById('view');
const language = document.getElementById('language');
let leave = new AbortController(); // ends what the view before still does

/** The views: each module comes when its address is first shown, or when nothing else is to do. */
const views = {
  ask: () => import('./ask.js'),
  changes: () => import('./changes.js'),
  conversation: () => import('./conversation.js'),
  documents: () => import('./documents.js'),
  overview: () => import('./overview.js'),
  reader: () => import('./reader.js'),
  trace: () => import('./trace.js'),
};

/** viewAt draws the view of an address. */
async function viewAt({ pathname, searchParams }, signal) {
  const [, page, id] = pathname.match(/^\/(\w*)\/?([^/]*)$/) ?? [];
  const name = id ? (searchParams.has('from') && searchParams.has('to') ? 'changes' : 'reader')
    : page in views ? page : searchParams.get('q') ? 'conversation' : 'ask';
  return (await views[name]()).draw(searchParams, signal, id && decodeURIComponent(id));
}

/** show draws what belongs at the address. Views get a signal that ends with them. */
async function show() {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const address = new URL(location.href);
  for (const link of document.querySelectorAll('.top nav a')) {
    const here = link.pathname === '/' ? address.pathname === '/' : address.pathname.startsWith(link.pathname);
    if (here) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  let content;
  try {
    content = await viewAt(address, signal);
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

// Ctrl+K leads to the box from everywhere.
document.addEventListener('keydown', (event) => {
  if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  const box = document.getElementById('q');
  if (box) box.focus();
  else document.querySelector('.top nav a').click();
});

drawFrame();
start(show);
(globalThis.requestIdleCallback ?? setTimeout)(() => Object.values(views).forEach((load) => load()));
