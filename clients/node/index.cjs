// Touchstone for test suites in Node: start a server, and give each test a space of its own.
const { space } = require("./space.cjs");
const { launch } = require("./launch.cjs");
const { TouchstoneError } = require("./http.cjs");

/**
 * A server for this suite: the one at `url` or TOUCHSTONE_URL, otherwise the command `touchstone`, otherwise the image.
 * A server that is started here ends with this process, even if this process is killed.
 */
async function start(options = {}) {
  const url = options.url ?? process.env.TOUCHSTONE_URL;
  if (url) return connect(url);
  const { url: started, stop } = await launch(options);
  return server(started, stop);
}

/** A server that runs already. */
async function connect(url) {
  const base = url.replace(/\/+$/, "");
  try {
    await fetch(`${base}/livez`);
  } catch (error) {
    throw new TouchstoneError(`No server answers at ${url}: ${error.cause?.message ?? error.message}`);
  }
  return server(base, async () => {});
}

function server(url, stop) {
  return { url, space: (members) => space(url, members), stop };
}

module.exports = { connect, start, TouchstoneError };
