// The page's addresses and what each shows. One HTML file serves them all.

import { askView } from './ask.js';
import { changesView } from './changes.js';
import { documentsView } from './documents.js';
import { again, failure, start } from './navigation.js';
import { overviewView } from './overview.js';
import { readerView } from './reader.js';
import { traceView } from './trace.js';
import { switchLanguage, translate, word } from './words.js';

const view = document.getElementById('view');
const language = document.getElementById('language');
let leave = new AbortController(); // ends what the view before still does

/** viewAt picks the view of an address. */
function viewAt({ pathname, searchParams }, signal) {
  const [, id] = pathname.match(/^\/documents\/([^/]+)$/) ?? [];
  if (id && searchParams.has('from') && searchParams.has('to')) return changesView(decodeURIComponent(id), searchParams);
  if (id) return readerView(decodeURIComponent(id), searchParams, signal);
  if (pathname === '/documents') return documentsView(searchParams, signal);
  if (pathname === '/overview') return overviewView();
  if (pathname === '/trace') return traceView();
  return askView(searchParams, signal);
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
