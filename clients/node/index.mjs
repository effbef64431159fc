// Touchstone for test suites in Node: start a server, and give each test a space of its own.
import { space } from "./space.mjs";
import { launch } from "./launch.mjs";
import { TouchstoneError } from "./http.mjs";

export { TouchstoneError };

/**
 * A server for this suite: the one at `url` or TOUCHSTONE_URL, otherwise the command `touchstone`, otherwise the image.
 * A server that is started here ends with this process, even if this process is killed.
 */
export async function start(options = {}) {
  const url = options.url ?? process.env.TOUCHSTONE_URL;
  if (url) return connect(url);
  const { url: started, stop } = await launch(options);
  return server(started, stop);
}

/** A server that runs already. */
export async function connect(url) {
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
