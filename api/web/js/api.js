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

const of = (id) => `/v1/documents/${encodeURIComponent(id)}`;
const at = (version) => (version ? `?version=${version}` : '');

export const facets = async () => (await request('/v1/facets')).json();
export const documents = async (query) => (await request(`/v1/documents?${new URLSearchParams(query)}`)).json();
export const getDocument = async (id) => (await request(of(id))).json();
export const text = async (id, version) => (await request(`${of(id)}/text${at(version)}`)).text();
export const outline = async (id, version) => (await (await request(`${of(id)}/outline${at(version)}`)).json()).sections;
export const originalAddress = (id, version) => `${of(id)}/original${at(version)}`;

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
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
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
      yield event;
    }
  }
}
