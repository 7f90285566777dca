// Every question to the desk goes through here: the REST API and the page's own few addresses.

const PATIENCE = 20000; // ms
let proof = "";

/** What the desk refused, in its own words; `hint` is what to do. */
export class Refused extends Error {
  constructor(status, error) {
    super(error.message);
    this.status = status;
    this.code = error.code;
    this.hint = error.hint;
  }
}

export const keepProof = (word) => { proof = word; };

async function ask(method, path, body, headers = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(method === "GET" ? {} : { "X-CSRF-Token": proof }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    throw new Refused(0, {
      code: "NO_ANSWER", message: "The desk does not answer.", hint: "Is it running?",
    });
  }
  let said;
  try {
    said = await answer.json();
  } catch {
    said = {};
  }
  if (answer.ok) return said;
  if (answer.status === 401) document.dispatchEvent(new Event("signed-out"));
  throw new Refused(answer.status, said.error ?? {
    code: "NO_SENSE", message: `The desk answered with ${answer.status}.`, hint: "Try again.",
  });
}

const query = (values) => {
  const said = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return said.length ? `?${new URLSearchParams(said)}` : "";
};

export const get = (path, values = {}) => ask("GET", path + query(values));
/** 128 random bits; `crypto.randomUUID` is missing where the page came without TLS. */
export function newWord() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** once: the same word twice is done once, whatever the network did in between. */
export const write = (method, path, body, once = newWord()) =>
  ask(method, path, body, { "Idempotency-Key": once });
export const own = (method, path, body) => ask(method, `/dashboard/${path}`, body);
export const accountPath = (account) => `/api/brokers/accounts/${encodeURIComponent(account)}`;
