// The page speaks to the server through these functions alone.

/** Problem is an error as the server describes it (RFC 9457). */
export class Problem extends Error {
  constructor(problem) {
    super(problem.detail || problem.title);
    this.status = problem.status;
  }
}

async function request(path, options) {
  const response = await fetch(path, options);
  if (response.ok) return response;
  if (response.headers.get('Content-Type')?.startsWith('application/problem+json')) throw new Problem(await response.json());
  throw new Problem({ status: response.status, title: response.statusText });
}

const json = async (path, options) => (await request(path, options)).json();
const sending = (method, body) => ({ method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
const of = (id) => `/v1/documents/${encodeURIComponent(id)}`;
const at = (version) => (version ? `?version=${version}` : '');

export const facets = () => json('/v1/facets');
export const documents = (query) => json(`/v1/documents?${new URLSearchParams(query)}`);
export const getDocument = (id) => json(of(id));
export const text = async (id, version) => (await request(`${of(id)}/text${at(version)}`)).text();
export const outline = async (id, version) => (await json(`${of(id)}/outline?clauses=false${version ? `&version=${version}` : ''}`)).sections;
export const versions = async (id) => (await json(`${of(id)}/versions`)).versions;
export const diff = (id, from, to) => json(`${of(id)}/diff?from=${from}&to=${to}`);
export const originalAddress = (id, version) => `${of(id)}/original${at(version)}`;
/** viewPage tells how a page of a PDF looks, and where a citation stands on it. */
export const viewPage = ({ document_id: id, version, start, end }, page) => json(`${of(id)}/pages/${page}?version=${version}&start=${start}&end=${end}`);

export const describe = (id, metadata) => json(of(id), sending('PATCH', metadata));

/** remove removes a document for good; the request outlives the page that sends it. */
export const remove = (id) => request(of(id), { method: 'DELETE', keepalive: true });

export const jobs = async (limit) => (await json(`/v1/jobs?limit=${limit}`)).jobs;
export const retry = (id) => json(`/v1/jobs/${encodeURIComponent(id)}/retry`, { method: 'POST' });

/** addFile sends one file; its name is a hint to the server and no more. */
export async function addFile(file) {
  const form = new FormData();
  form.append('file', file, file.name);
  return (await json('/v1/documents', { method: 'POST', body: form })).jobs[0];
}

export const addText = async (text, title) => (await json('/v1/documents', sending('POST', { text, metadata: title ? { title } : {} }))).jobs[0];
export const addAddress = async (url) => (await json('/v1/documents', sending('POST', { url }))).jobs[0];

export const trace = (words) => json('/v1/trace', sending('POST', { text: words }));
export const giveFeedback = (said) => request('/v1/feedback', sending('POST', said));

/** verdicts lists what people said of answers, which stands first in the notes of the questions made of it; null for those who may not read it. */
export async function verdicts() {
  try {
    const lines = await (await request('/v1/feedback')).text();
    return lines.split('\n').filter(Boolean).map((line) => JSON.parse(line).note.match(/^\w*/)[0]);
  } catch (error) {
    if (error instanceof Problem && error.status === 403) return null;
    throw error;
  }
}

/** ask yields the events of an answer, as {name, data}, as they come. */
export async function* ask(question, signal) {
  const response = await request('/v1/ask', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
    body: JSON.stringify(question),
    signal,
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  let ended = false;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    buffer += value;
    for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
      const event = { name: 'message', data: '' };
      for (const line of buffer.slice(0, end).split('\n')) {
        if (line.startsWith('event: ')) event.name = line.slice(7);
        else if (line.startsWith('data: ')) event.data += line.slice(6);
      }
      buffer = buffer.slice(end + 2);
      event.data = JSON.parse(event.data);
      if (event.name === 'error') throw new Problem(event.data);
      ended ||= event.name === 'done';
      yield event;
    }
  }
  if (!ended) throw new Error('the answer was cut off'); // half an answer is none
}
