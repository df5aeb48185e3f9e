// A file of its own: the page's Content-Security-Policy allows no script in the HTML.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  displayRequestDuration: true,
  // units: x-unit
  showExtensions: true,
  persistAuthorization: false,
});
