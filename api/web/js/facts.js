import { h } from './dom.js';
import { word } from './words.js';

/** facts are what tells one document from another, in one line. */
export function facts(document) {
  return [
    document.city && h('bdi', {}, document.city),
    document.issuer && h('bdi', {}, document.issuer),
    document.doc_number && h('bdi', {}, document.doc_number),
    document.issued_on && h('time', { datetime: document.issued_on }, document.issued_on),
    document.page && h('span', {}, word('field.page', document.page)),
    document.status && h('span', { class: `status ${document.status}` }, word(`status.${document.status}`) ?? document.status),
  ].filter(Boolean).flatMap((fact) => [fact, ' ']);
}
