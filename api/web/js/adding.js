// Adding documents: by choosing, dropping or pasting files, folders with all that
// is in them, an address, or text; and the list of what is on its way in.

import { addAddress, addFile, addText, jobs, retry } from './api.js';
import { h, languageOf } from './dom.js';
import { reason } from './navigation.js';
import { word } from './words.js';

const sendersAtOnce = 3;
const pollMilliseconds = 700;
const stored = 'policykb.jobs'; // those of this tab, so that a reload shows them again
const shownJobs = 200;

/** addingView draws the ways in and the progress. added is called when documents have come in. */
export function addingView(added, signal) {
  const progress = progressView(added, signal);
  const send = (files) => progress.send([...files].filter((file) => file.size > 0 || file.type || !file.name.startsWith('.')));
  const picker = (properties) => h('input', { type: 'file', multiple: true, hidden: true, ...properties, onchange: (event) => {
    send(event.target.files);
    event.target.value = '';
  } });
  const files = picker({ id: 'files' });
  const folder = picker({ id: 'folder', webkitdirectory: true });
  const pick = (input, key) => h('button', { onclick: () => input.click() }, word(key));
  const panel = h('section', { class: 'adding', id: 'add', 'aria-label': word('add.label') },
    h('p', { class: 'ways' }, pick(files, 'add.files'), pick(folder, 'add.folder'), h('span', { class: 'soft' }, word('add.drop'))),
    files, folder,
    addressForm(progress), textForm(progress));
  const over = (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    panel.classList.add('over');
  };
  addEventListener('dragover', over, { signal });
  addEventListener('dragleave', (event) => event.relatedTarget || panel.classList.remove('over'), { signal });
  addEventListener('drop', async (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    panel.classList.remove('over');
    send(await dropped(event.dataTransfer));
  }, { signal });
  addEventListener('paste', (event) => {
    if (event.clipboardData?.files.length) send(event.clipboardData.files);
  }, { signal });
  return h('div', {}, panel, progress.element);
}

/** dropped lists the files of what was dropped, and those in its folders. */
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return transfer.files;
  const files = [];
  const walk = async (entry) => {
    if (entry.isFile) {
      files.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
      return;
    }
    const reader = entry.createReader();
    for (;;) { // a reader gives its folder in portions
      const portion = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!portion.length) return;
      for (const inner of portion) await walk(inner);
    }
  };
  for (const entry of entries) await walk(entry);
  return files;
}

function addressForm(progress) {
  const box = h('input', { type: 'url', name: 'address', required: true, maxlength: 2000, placeholder: 'https://', 'aria-label': word('add.address'), autocomplete: 'off' });
  return h('details', {}, h('summary', {}, word('add.address')), h('form', { class: 'row', onsubmit: (event) => {
    event.preventDefault();
    progress.begin(box.value, () => addAddress(box.value.trim()));
    event.target.reset();
  } }, box, h('button', { type: 'submit', class: 'primary' }, word('add.send'))));
}

function textForm(progress) {
  const title = h('input', { name: 'title', maxlength: 500, placeholder: word('add.text_title'), 'aria-label': word('add.text_title') });
  const words = h('textarea', { name: 'text', rows: 6, required: true, placeholder: word('add.text_placeholder'), 'aria-label': word('add.text'), dir: 'auto' });
  return h('details', {}, h('summary', {}, word('add.text')), h('form', { onsubmit: (event) => {
    event.preventDefault();
    const [given, name] = [words.value, title.value.trim()];
    progress.begin(name || word('add.text'), () => addText(given, name));
    event.target.reset();
  } }, title, words, h('button', { type: 'submit', class: 'primary' }, word('add.send'))));
}

/** progressView lists what was sent from this tab and what is on its way in at all. */
function progressView(added, signal) {
  const list = h('ul', {});
  const clear = h('button', { class: 'quiet', onclick: () => dismiss() }, word('jobs.clear'));
  const element = h('section', { class: 'jobs', 'aria-label': word('jobs.label'), hidden: true },
    h('div', { class: 'heading' }, h('h2', {}, word('jobs.label')), clear), list);
  const sending = new Map(); // what the server has not taken yet, by a key of ours: {name, error}
  let mine = own();
  let known = [];
  let taken = []; // by the server since the list that is awaited was asked for, so it may lack them
  let polling = false;

  const draw = () => {
    const shown = known.filter((job) => mine.includes(job.id) || !ended(job));
    list.replaceChildren(...[...sending.values()].map(sendingItem), ...shown.map((job) => jobItem(job, again)));
    element.hidden = !list.childElementCount;
    clear.hidden = !shown.some(ended) && ![...sending.values()].some(({ error }) => error);
  };

  const poll = async () => {
    if (polling) return;
    polling = true;
    for (let before = 0; !signal.aborted;) {
      taken = [];
      try {
        const listed = await jobs(shownJobs);
        known = [...taken, ...without(listed, taken)];
        const finished = known.filter((job) => mine.includes(job.id) && ended(job)).length;
        draw();
        if (finished > before) added();
        before = finished;
      } catch {
        // The list beside it says that the server does not answer.
      }
      if (known.every(ended)) break;
      await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
    }
    polling = false;
  };

  const watch = (job) => {
    mine = [job.id, ...mine].slice(0, shownJobs);
    keep(mine);
    taken = [job, ...without(taken, [job])];
    known = [job, ...without(known, [job])];
    draw();
    poll();
  };

  const again = async (job) => watch(await retry(job.id));

  const dismiss = () => {
    mine = mine.filter((id) => known.some((job) => job.id === id && !ended(job)));
    keep(mine);
    for (const [key, { error }] of sending) if (error) sending.delete(key);
    draw();
  };

  const begin = async (name, taking) => {
    const key = Symbol(name);
    sending.set(key, { name });
    draw();
    try {
      const job = await taking();
      sending.delete(key);
      watch(job);
    } catch (error) {
      sending.set(key, { name, error });
      draw();
    }
  };

  const send = async (files) => {
    const waiting = [...files];
    await Promise.all(Array.from({ length: sendersAtOnce }, async () => {
      for (let file = waiting.shift(); file; file = waiting.shift()) await begin(file.webkitRelativePath || file.name, () => addFile(file));
    }));
  };

  poll();
  return { element, send, begin };
}

/** without leaves out of a list of jobs those that another list has. */
const without = (list, others) => list.filter(({ id }) => !others.some((other) => other.id === id));

const ended = (job) => !['queued', 'running'].includes(job.state);

/** detailed is what the server says of a failure, under the page's own words. */
const detailed = (detail) => h('span', { class: 'soft', dir: 'auto', lang: languageOf(detail) }, detail);

function sendingItem({ name, error }) {
  return h('li', { class: error ? 'failed' : '' }, h('bdi', { class: 'name' }, name),
    h('span', { class: 'state' }, word(error ? 'job.failed' : 'job.sending')),
    error ? h('p', { class: 'why' }, reason(error), [422, 424].includes(error.status) && detailed(error.message)) : h('progress', { 'aria-label': name }));
}

function jobItem(job, again) {
  const state = job.state === 'running' && job.stage ? word(`stage.${job.stage}`) : word(`job.${job.state}`);
  const link = ['done', 'unchanged'].includes(job.state) && h('a', { href: `/documents/${encodeURIComponent(job.document_id)}` }, word('job.read'));
  return h('li', { class: job.state },
    h('bdi', { class: 'name' }, job.name), h('span', { class: 'state' }, state), link,
    ['failed', 'cancelled'].includes(job.state) && h('button', { class: 'quiet', onclick: () => again(job) }, word('problem.retry')),
    !ended(job) && h('progress', { 'aria-label': job.name, max: job.total || null, value: job.total ? job.done : null }),
    job.error && h('p', { class: 'why' }, word(`failure.${job.error.code}`) ?? job.error.detail,
      word(`failure.${job.error.code}`) && detailed(job.error.detail)),
    job.state === 'unchanged' && h('p', { class: 'why' }, word('job.same')),
    job.warnings.length > 0 && h('p', { class: 'why' }, job.warnings.join('；')));
}

function own() {
  try {
    const ids = JSON.parse(sessionStorage.getItem(stored) ?? '[]');
    return Array.isArray(ids) ? ids : [];
  } catch {
    return []; // storage is switched off: the server's list is all there is
  }
}

function keep(ids) {
  try {
    sessionStorage.setItem(stored, JSON.stringify(ids));
  } catch {
    // a reload shows what is still running
  }
}
