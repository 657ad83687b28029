// Removing a document. It is removed some seconds after it has gone from sight, so
// that it can be taken back.

import { remove } from './api.js';
import { h } from './dom.js';
import { again, reason } from './navigation.js';
import { word } from './words.js';

const graceSeconds = 8;

const pending = new Set(); // the documents that have gone from sight and are not removed yet

/** isPending reports whether a document is to be taken for removed. */
export const isPending = (document_) => pending.has(document_.id);

/** removal takes a document out of sight and removes it unless that is undone in time. Leaving the page means it. */
export function removal(document_) {
  pending.add(document_.id);
  const timer = setTimeout(() => settle(), graceSeconds * 1000);
  const settle = async () => {
    removeEventListener('pagehide', settle);
    clearTimeout(timer);
    toast.remove();
    try {
      await remove(document_.id);
    } catch (error) {
      pending.delete(document_.id);
      again();
      show(h('div', { class: 'toast', role: 'alert' }, h('p', {}, reason(error))), graceSeconds);
    }
  };
  const undo = () => {
    removeEventListener('pagehide', settle);
    clearTimeout(timer);
    toast.remove();
    pending.delete(document_.id);
    again();
  };
  const toast = h('div', { class: 'toast', role: 'status' },
    h('p', {}, word('remove.done', ''), h('bdi', {}, document_.title)), h('button', { onclick: undo }, word('remove.undo')));
  addEventListener('pagehide', settle);
  show(toast);
  toast.querySelector('button').focus();
}

let shelf;

function show(toast, seconds) {
  shelf ??= document.body.appendChild(h('div', { class: 'toasts' }));
  shelf.append(toast);
  if (seconds) setTimeout(() => toast.remove(), seconds * 1000);
}
