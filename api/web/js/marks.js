import { h } from './dom.js';

/** held draws a text with its marks, each on the line of the word before it. */
export function held(text, cite) {
  return text.split(/(\S?(?:\[\d+\])+[。，；、,.;]?)/u).map((part, i) => (i % 2 ? h('span', { class: 'held' }, marked(part, cite)) : part));
}

/** marked turns the marks [1] of an answer's text into what the function makes of their numbers, and returns the parts in order. */
export function marked(text, cite) {
  return text.split(/(\[\d+\])/).map((part) => {
    const [, number] = part.match(/^\[(\d+)\]$/) ?? [];
    return number ? cite(Number(number)) : part;
  });
}
