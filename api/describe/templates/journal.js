// Events tell of new entries. The page is then fetched again, and its new rows are moved here: so all rows are made by
// the server, in one way.
const list = document.querySelector("#entries");
const state = document.querySelector("#live");
// Milliseconds: while many requests come, the page is fetched only so often.
const PAUSE = 300;
const MOST_ROWS = 200;
let timer = null;
let missed = false;

const tell = (text) => {
  state.textContent = text;
  state.hidden = false;
};
const number = (row) => Number(row.id.replace("entry-", ""));
const show = (root) => {
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
};

async function refresh() {
  timer = null;
  if (document.hidden) {
    missed = true;
    return;
  }
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return tell(`Not live: the server answered ${answer.status}. Load the page again.`);
    const rows = [...new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll("#entries > li")];
    merge(rows.map((row) => document.importNode(row, true)));
  } catch {
    schedule(1000);
  }
}

function merge(rows) {
  show({ querySelectorAll: (selector) => rows.flatMap((row) => [...row.querySelectorAll(selector)]) });
  const newest = list.firstElementChild ? number(list.firstElementChild) : 0;
  // More came than one page has, or all were deleted: nothing connects the rows.
  if (!rows.length || number(rows.at(-1)) > newest) list.replaceChildren();
  for (const row of rows.reverse()) {
    const before = document.getElementById(row.id);
    if (!before) list.prepend(row);
    else if (before.dataset.marks !== row.dataset.marks) {
      row.querySelector("details").open = before.querySelector("details").open;
      before.replaceWith(row);
    }
  }
  while (list.childElementCount > MOST_ROWS) list.lastElementChild.remove();
  if (list.childElementCount) document.querySelector("#nothing")?.remove();
}

function schedule(pause = PAUSE) {
  timer ??= setTimeout(refresh, pause);
}

if (list.dataset.events) {
  const address = new URL(list.dataset.events, location.href);
  address.searchParams.set("since", list.firstElementChild ? number(list.firstElementChild) : 0);
  const events = new EventSource(address);
  events.onopen = () => tell("Live: new requests appear by themselves.");
  events.addEventListener("entry", () => schedule());
  events.onerror = () =>
    tell(events.readyState === EventSource.CLOSED ? "Not live: load the page again." : "Connecting again …");
  document.addEventListener("visibilitychange", () => {
    if (missed && !document.hidden) {
      missed = false;
      schedule(0);
    }
  });
}

show(document);
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = button.closest("section").querySelector("pre");
  try {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(text); // the reader copies it
    button.textContent = "Selected";
  }
});
