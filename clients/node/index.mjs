// For `import`; the code is in index.cjs, because `require` of Jest and older Node cannot read ECMAScript modules.
export { connect, start, TouchstoneError } from "./index.cjs";
