// The document is next to this page, under any mount path.
const base = document.currentScript.src.replace(/\/docs\/start\.js$/, "");
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
// What Swagger UI leaves out for screen readers and keyboards.
const better = {
  "h3.opblock-tag, .models > h4": { "aria-level": "2" },
  "h4.opblock-title": { "aria-level": "3" },
  ".information-container": { role: "region", "aria-label": "About" },
  ".schemes-server-container": { role: "region", "aria-label": "Servers" },
  ".filter": { "aria-label": "Filter" },
  ".servers select, #servers": { "aria-label": "Server" },
  ".body-param__text": { "aria-label": "Body" },
  ".examples-select-element": { "aria-label": "Example" },
  "select.content-type": { "aria-label": "Media type" },
  ".operation-filter-input": { "aria-label": "Filter by tag or path" },
  ".microlight": { tabindex: "0" },
};
const improve = () => {
  for (const [selector, attributes] of Object.entries(better))
    for (const [name, value] of Object.entries(attributes))
      for (const each of document.querySelectorAll(`:is(${selector}):not([${name}="${value}"])`)) each.setAttribute(name, value);
};
new MutationObserver(improve).observe(document.querySelector("#reference"), { childList: true, subtree: true });
// A link inside a button cannot be reached by all; the button itself changes the address.
const PlainText = (_, { React }) => ({ text }) => React.createElement("span", null, text);
SwaggerUIBundle({
  url: `${base}/openapi.json`,
  dom_id: "#reference",
  deepLinking: true,
  displayRequestDuration: true,
  // With all of them open it draws only the visible ones, and the browser's search would not find the others.
  docExpansion: "none",
  filter: true,
  plugins: [() => ({ wrapComponents: { DeepLink: PlainText } })],
  persistAuthorization: false,
  // Otherwise the browser asks for a password after a 401, and the page waits.
  requestInterceptor: (request) => Object.assign(request, { credentials: "omit" }),
  tryItOutEnabled: true,
  validatorUrl: null,
});
