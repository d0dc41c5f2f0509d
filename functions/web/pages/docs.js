"use strict";
// Draws the OpenAPI document that is served beside this script. Text is always set as text.
(async () => {
  const routes = document.getElementById("routes");
  const spec = await (await fetch("openapi.json")).json();
  const element = (name, ...children) => {
    const made = document.createElement(name);
    made.append(...children);
    return made;
  };
  const schemaText = (schema) => JSON.stringify(resolve(schema, 0), null, 2);
  function resolve(schema, depth) {
    if (schema === null || typeof schema !== "object") return schema;
    if (Array.isArray(schema)) return schema.map((one) => resolve(one, depth));
    if (schema.$ref !== undefined) {
      const name = schema.$ref.split("/").at(-1);
      return depth > 6 ? name : resolve(spec.components.schemas[name], depth + 1);
    }
    return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, resolve(value, depth)]));
  }
  const drawn = [];
  for (const [path, methods] of Object.entries(spec.paths)) {
    for (const [method, route] of Object.entries(methods)) {
      const scope = route.security.flatMap((one) => one.users ?? []).join(", ");
      const details = element("details", element("summary", element("b", method.toUpperCase()), `${path} — ${route.summary}`));
      details.append(element("p", scope === "" ? "No sign-in." : `Scope: ${scope}`));
      if (route.parameters.length > 0) {
        const rows = route.parameters.map((one) =>
          element("tr", element("td", one.name), element("td", one.in), element("td", one.description ?? JSON.stringify(one.schema))));
        details.append(element("table", element("tr", element("th", "Parameter"), element("th", "In"), element("th", "Accepted")), ...rows));
      }
      const body = route.requestBody?.content["application/json"]?.schema;
      if (body !== undefined) details.append(element("h3", "Body"), element("pre", schemaText(body)));
      for (const [status, response] of Object.entries(route.responses)) {
        const schema = response.content?.["application/json"]?.schema;
        details.append(element("h4", `${status}: ${response.description}`));
        if (schema !== undefined) details.append(element("pre", schemaText(schema)));
      }
      drawn.push({ details, text: `${method} ${path} ${route.summary}`.toLowerCase() });
    }
  }
  const search = document.getElementById("search");
  const show = () => {
    const wanted = search.value.trim().toLowerCase();
    routes.replaceChildren(...drawn.filter((one) => one.text.includes(wanted)).map((one) => one.details));
  };
  search.addEventListener("input", show);
  show();
})();
