// Elements are built here and nowhere else. Text only ever becomes text nodes:
// documents are hostile, and no string of theirs is read as markup.

/** h makes an element. Properties that begin with "on" are listeners; null and false are left out. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value == null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
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

/** webAddress returns the address when it is one of the web, else null: no other scheme becomes a link. */
export function webAddress(address) {
  try {
    const url = new URL(address);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
  } catch {
    return null;
  }
}
