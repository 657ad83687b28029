// Elements are built here and nowhere else. Text only ever becomes text nodes:
// documents are hostile, and no string of theirs is read as markup.

/** h makes an element. Properties that begin with "on" are listeners; null and false are left out. A button sends no form unless it says so. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  if (tag === 'button') element.type = 'button';
  set(element, properties);
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

const drawing = 'http://www.w3.org/2000/svg';

/** icon draws one of the page's line icons, 24 units wide, from its paths. It says nothing: what carries it is named. */
export function icon(path) {
  const svg = document.createElementNS(drawing, 'svg');
  set(svg, { viewBox: '0 0 24 24', width: 18, height: 18, 'aria-hidden': 'true', focusable: 'false' });
  svg.classList.add('icon');
  const line = document.createElementNS(drawing, 'path');
  set(line, { d: path });
  svg.append(line);
  return svg;
}

export const icons = {
  close: 'M6 6l12 12M18 6L6 18',
  add: 'M12 5v14M5 12h14',
  before: 'M15 5l-7 7 7 7',
  after: 'M9 5l7 7-7 7',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  expand: 'M14 4h6v6M20 4l-8 8M10 20H4v-6M4 20l8-8',
};

function set(element, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (value == null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}

/** length gives an element the share of its track that it stands for; a policy against inline styles lets scripts do that. */
export function length(element, share) {
  element.style.inlineSize = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return element;
}

/** Positions in texts count code points; JavaScript's strings count UTF-16 units. offsets turns the former, in rising order, into the latter. */
export function offsets(text, ...positions) {
  const found = [];
  let unit = 0;
  let point = 0;
  for (const position of positions) {
    while (point < position && unit < text.length) {
      unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
      point += 1;
    }
    found.push(unit);
  }
  return found;
}

/** languageOf tells Chinese words from others, so that they are set and read out as what they are. */
export const languageOf = (words) => (/\p{Script=Han}/u.test(words) ? 'zh-Hans' : 'en');

/** webAddress returns the address when it is one of the web, else null: no other scheme becomes a link. */
export function webAddress(address) {
  try {
    const url = new URL(address);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
  } catch {
    return null;
  }
}

/** sheet is the element in which the window scrolls content beside other content; reveal brings an element to its upper third. */
export function reveal(element, sheet) {
  sheet.scrollTop += element.getBoundingClientRect().top - sheet.getBoundingClientRect().top - sheet.clientHeight / 3;
}

let announcer;

/** announce has a screen reader say something that is only seen otherwise. */
export function announce(words) {
  announcer ??= document.body.appendChild(h('div', { class: 'hidden', role: 'status' }));
  announcer.textContent = words;
}
