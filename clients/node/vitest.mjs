// vitest.config: test: { globalSetup: "touchstone-server/vitest" }. Tests then call start(), which finds this server.
import { start } from "./index.mjs";

export default async function setup() {
  const server = await start();
  process.env.TOUCHSTONE_URL = server.url;
  return () => server.stop();
}
