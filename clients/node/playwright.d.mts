export * from "./playwright.cjs";
