// The document lies beside this page, wherever the server is mounted.
const base = document.currentScript.src.replace(/\/docs\/start\.js$/, "");
SwaggerUIBundle({
  url: `${base}/openapi.json`,
  dom_id: "#reference",
  deepLinking: true,
  displayRequestDuration: true,
  // All open are more than it draws at once: it would leave out what is not in sight, which no search of a browser finds.
  docExpansion: "none",
  filter: true,
  persistAuthorization: false,
  // Else a browser asks for a password of its own accord where a 401 comes back, and the page waits.
  requestInterceptor: (request) => Object.assign(request, { credentials: "omit" }),
  tryItOutEnabled: true,
  validatorUrl: null,
});
