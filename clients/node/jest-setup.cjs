// jest.config: globalSetup: "touchstone-server/jest-setup", globalTeardown: "touchstone-server/jest-teardown".
const { start } = require("./index.cjs");

module.exports = async function setup() {
  const server = await start();
  process.env.TOUCHSTONE_URL = server.url;
  globalThis.touchstoneServer = server;
};
