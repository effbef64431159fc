export { fixtures } from "./playwright.cjs";
