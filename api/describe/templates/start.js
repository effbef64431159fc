// The document is next to this page, under any mount path.
const base = document.currentScript.src.replace(/\/docs\/start\.js$/, "");
SwaggerUIBundle({
  url: `${base}/openapi.json`,
  dom_id: "#reference",
  deepLinking: true,
  displayRequestDuration: true,
  // With all of them open it draws only the visible ones, and the browser's search would not find the others.
  docExpansion: "none",
  filter: true,
  persistAuthorization: false,
  // Otherwise the browser asks for a password after a 401, and the page waits.
  requestInterceptor: (request) => Object.assign(request, { credentials: "omit" }),
  tryItOutEnabled: true,
  validatorUrl: null,
});
