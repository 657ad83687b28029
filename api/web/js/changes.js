// What changed between two versions of a document, article by article.

import { diff, getDocument } from './api.js';
import { h, languageOf } from './dom.js';
import { count, word } from './words.js';

/** draw shows the changes between the versions that the address names. */
export async function draw(address, signal, id) {
  const [from, to] = ['from', 'to'].map((name) => Number(address.get(name)));
  const [described, { changes }] = await Promise.all([getDocument(id), diff(id, from, to)]);
  document.title = `${described.title} · policykb`;
  return [h('div', { class: 'changes' },
    h('header', { class: 'document' },
      h('h1', { dir: 'auto' }, described.title),
      h('p', { class: 'soft' }, word('changes.between', from, to), ' · ', word('changes.count', count(changes.length))),
      h('p', { class: 'links' }, [from, to].map((version) => h('a', { href: `${described.url}?version=${version}` }, word('reader.version', version))))),
    changes.length === 0 && h('p', { class: 'none' }, word('changes.none')),
    changes.map(change))];
}

function change({ kind, heading_path: path, before, after }) {
  const [old, fresh] = before && after ? differing(before.text, after.text) : [before && [h('del', {}, before.text)], after && [h('ins', {}, after.text)]];
  const part = (words, key, text) => words && h('div', {}, h('p', { class: 'soft' }, word(key)), h('p', { class: 'words', dir: 'auto', lang: languageOf(text) }, words));
  return h('section', { class: `change ${kind}` },
    h('h2', { dir: 'auto' }, word(`changes.${kind}`), path.length > 0 && h('span', { class: 'path' }, path.join(' › '))),
    h('div', { class: 'sides' }, part(old, 'changes.before', before?.text), part(fresh, 'changes.after', after?.text)));
}

/** Beyond this product of lengths all that lies between the common ends is marked. */
const compared = 4e6;

/** differing sets apart what two texts do not have in common, by words and figures, and by characters where they are Chinese. */
function differing(before, after) {
  const [a, b] = [before, after].map((text) => text.match(/[\d.,]+|[A-Za-z]+|./gsu) ?? []);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const [x, y] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const shared = x.length * y.length <= compared ? common(x, y) : { x: new Set(), y: new Set() };
  const parts = (tokens, kept, tag) => tokens.map((token, i) => {
    const same = i < start || i >= tokens.length - end || kept.has(i - start);
    return same ? token : h(tag, {}, token);
  });
  return [joined(parts(a, shared.x, 'del')), joined(parts(b, shared.y, 'ins'))];
}

/** common returns the places of a longest common subsequence in two lists. */
function common(x, y) {
  const width = y.length + 1;
  const longest = new Uint16Array((x.length + 1) * width); // from each pair of places to the ends
  for (let i = x.length - 1; i >= 0; i -= 1) {
    for (let j = y.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] = x[i] === y[j] ? longest[(i + 1) * width + j + 1] + 1 : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    }
  }
  const kept = { x: new Set(), y: new Set() };
  for (let i = 0, j = 0; i < x.length && j < y.length;) {
    if (x[i] === y[j]) {
      kept.x.add(i);
      kept.y.add(j);
      i += 1;
      j += 1;
    } else if (longest[(i + 1) * width + j] >= longest[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return kept;
}

/** joined puts neighbouring marks together. */
function joined(parts) {
  const whole = [];
  for (const part of parts) {
    const last = whole.at(-1);
    if (last instanceof Element && part instanceof Element) last.append(part.textContent);
    else whole.push(part);
  }
  return whole;
}
