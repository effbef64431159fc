// Stops what jest-setup.mjs started.
module.exports = async function teardown() {
  await globalThis.touchstoneServer?.stop();
};
