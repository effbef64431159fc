// Requests to the routes that control spaces.
const { randomUUID } = require("node:crypto");

/** The server refused, or could not be started. The message says why. */
class TouchstoneError extends Error {
  name = "TouchstoneError";
}

/** Sends a request, and returns the JSON of the answer. A refusal is a TouchstoneError. */
async function ask(method, url, { body, token, headers } = {}) {
  const fields = { Accept: "application/json", ...headers };
  if (token) fields.Authorization = `Bearer ${token}`;
  if (body !== undefined) fields["Content-Type"] = "application/json";
  if (method === "POST") fields["Idempotency-Key"] = randomUUID();
  const answer = await fetch(url, { method, headers: fields, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!answer.ok) throw new TouchstoneError(`${method} ${url}: ${answer.status}, ${await reason(answer)}`);
  return answer.status === 204 ? undefined : answer.json();
}

async function reason(answer) {
  const text = await answer.text();
  try {
    const { detail, errors = [] } = JSON.parse(text);
    return [detail, ...errors.map((each) => `${each.pointer ?? each.parameter ?? each.header}: ${each.detail}`)].join(" ");
  } catch {
    return text.slice(0, 200);
  }
}

module.exports = { TouchstoneError, ask };
