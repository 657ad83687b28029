// The questions asked on this device. They are kept here and sent nowhere.

const stored = 'policykb.asked';
const kept = 50;

/** asked lists the questions, the last one first. */
export function asked() {
  try {
    const questions = JSON.parse(localStorage.getItem(stored) ?? '[]');
    return Array.isArray(questions) ? questions.filter((question) => typeof question === 'string') : [];
  } catch {
    return []; // storage is switched off, or holds something else
  }
}

/** remember puts a question first. */
export function remember(question) {
  keep([question, ...asked().filter((other) => other !== question)].slice(0, kept));
}

/** forget forgets them all. */
export const forget = () => keep([]);

function keep(questions) {
  try {
    localStorage.setItem(stored, JSON.stringify(questions));
  } catch {
    // nothing is remembered
  }
}
