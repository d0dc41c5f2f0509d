// node validate.mjs FILE… : prints one JSON object {file: [finding, …]} of what asl-validator
// and amazon-states-language-service say of each definition.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(import.meta.url);
const validate = require("asl-validator");
const { getLanguageService, TextDocument } = require("amazon-states-language-service");

const service = getLanguageService({ workspaceContext: { resolveRelativePath: (path) => path } });

async function findings(file) {
  const text = readFileSync(file, "utf8");
  const { errors } = validate(JSON.parse(text), { checkPaths: true, checkArn: false });
  const document = TextDocument.create(`file://${file}`, "asl", 1, text);
  const diagnostics = await service.doValidation(document, service.parseJSONDocument(document));
  return [
    ...errors.map((e) => `asl-validator: ${e.path ?? e.instancePath ?? ""} ${e.Message ?? e.message}`),
    ...diagnostics.map((d) => `asl-language-service: line ${d.range.start.line + 1}: ${d.message}`),
  ];
}

const report = {};
for (const file of process.argv.slice(2)) report[file] = await findings(file);
console.log(JSON.stringify(report, null, 2));
