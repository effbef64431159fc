// The document lies beside this page, wherever the server is mounted.
const base = document.currentScript.src.replace(/\/docs\/start\.js$/, "");
SwaggerUIBundle({
  url: `${base}/openapi.json`,
  dom_id: "#reference",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  filter: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
});
