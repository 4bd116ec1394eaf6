// node asyncapi.mjs < DOCUMENT   prints what AsyncAPI's own parser has against it, as JSON
import { readFileSync } from "node:fs";
import parser from "@asyncapi/parser";

const { document, diagnostics } = await new parser.Parser().parse(readFileSync(0, "utf8"));
const told = diagnostics
  .filter((one) => one.severity <= 1)
  .map((one) => `${one.code}: ${one.message} (${one.path.join(".")})`);
console.log(JSON.stringify({ parsed: document !== undefined, told }));
