// Starts ReDoc, with the fonts that are there.
const container = document.getElementById("redoc-container");
const fontFamily = "system-ui, sans-serif";
const theme = { typography: { fontFamily, headings: { fontFamily } } };
Redoc.init(container.dataset.schema, { theme, ...JSON.parse(container.dataset.settings) }, container);
