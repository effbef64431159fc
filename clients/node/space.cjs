// A space: an isolated store for one test, with faults on demand and a journal of its requests.
const { AssertionError } = require("node:assert");
const { ask, TouchstoneError } = require("./http.cjs");

// What the short form of each effect stands for: `cut: "after"` is `cut: { at: "after" }`.
const SHORT = { delay: "ms", status: "code", cut: "at", hang: "at", slow: "bytes_per_second", corrupt: "what" };

async function space(server, members = {}) {
  const shown = await ask("POST", `${server}/spaces`, { body: members });
  const place = `${server}/spaces/${shown.id}`;
  const { token } = shown;
  const control = (method, path, body) => ask(method, place + path, { body, token });

  const page = (query) => control("GET", `/journal?${new URLSearchParams(query)}`);

  const made = {
    id: shown.id,
    url: server + shown.url,
    token,
    shown,
    get: (path) => ask("GET", made.url + path, { token }),
    seed: (rows) => control("POST", "/seed", rows),
    dump: () => control("GET", "/dump"),
    reset: ({ to, faults = true, journal = true } = {}) => control("POST", "/reset", { ...(to && { to }), faults, journal }),
    snapshot: (name) => control("PUT", `/snapshots/${encodeURIComponent(name)}`),
    restore: (name) => made.reset({ to: name, faults: false, journal: false }),
    fault: (order, act) => withFault(control, order, act),
    journal: async (query = {}) => (await page({ limit: 100, ...query })).items,
    lastEntries: async (most = 20) => {
      const { items: [first], total } = await page({ limit: 1, count: "true" });
      // Numbers have no gaps, and begin later once the oldest entries are gone.
      return first ? made.journal({ limit: most, since: Math.max(0, first.n - 1 + total - most) }) : [];
    },
    received: (query, { count, wait } = {}) => received(made, query, count, wait),
    delete: () => control("DELETE", ""),
  };
  return made;
}

/** Orders a fault, calls `act` with it, and ends it. It fails if the fault never acted. */
async function withFault(control, order, act) {
  const rule = ruleOf(order);
  const { n } = await control("POST", "/faults", rule);
  const counts = () => control("GET", `/faults/${n}`);
  let result;
  let last;
  try {
    result = await act({ n, seen: async () => (await counts()).seen, done: async () => (await counts()).done });
  } finally {
    last = await counts();
    await control("DELETE", `/faults/${n}`);
  }
  if (!last.done) {
    throw new AssertionError({ message: `The fault ${JSON.stringify(rule)} never acted: ${last.seen} requests reached it.` });
  }
  return result;
}

/** A rule as the server takes it, of `{ method, path, count, match, times, do, <effect> }`. */
function ruleOf({ method, path, count, match, times, do: effects = [], ...short }) {
  const named = Object.entries(short).map(([name, value]) => {
    if (value !== null && typeof value === "object") return { [name]: value };
    if (name === "twice") return { twice: {} };
    if (!SHORT[name]) throw new TouchstoneError(`There is no short form of ${name}: give its members, ${name}: {…}.`);
    return { [name]: { [SHORT[name]]: value } };
  });
  return {
    match: { ...match, ...(method && { methods: [method] }), ...(path && { path }) },
    times: { ...times, ...(count !== undefined && { count }) },
    do: [...effects, ...named],
  };
}

async function received(made, query = {}, count, wait) {
  const found = await made.journal({ ...query, ...(wait && { wait, count: count ?? 1 }) });
  if (count === undefined ? found.length : found.length === count) return found;
  const lines = (await made.lastEntries()).map(line);
  throw new AssertionError({
    message:
      `Expected ${count ?? "at least 1"} of ${Object.values(query).join(" ") || "requests"}, but ${found.length} came. ` +
      `The space received:\n${lines.join("\n") || "nothing"}`,
  });
}

/** An entry of the journal in one line. */
function line({ n, method, target, answer, fault, problem }) {
  const told = [`${n} ${method} ${target} → ${answer?.status ?? "no answer"}`];
  if (fault) told.push(`fault ${fault}`);
  if (problem) told.push(problem);
  return told.join(", ");
}

module.exports = { space };
