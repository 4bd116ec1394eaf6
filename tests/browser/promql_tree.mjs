// node promql_tree.mjs < ["expression", ...]   prints each as Prometheus' grammar takes it apart: {kind, text, parts}
import { readFileSync } from "node:fs";
import { parser } from "@prometheus-io/lezer-promql";

const apart = (expression) => {
  const shown = (node) => {
    const parts = [];
    for (let child = node.firstChild; child; child = child.nextSibling) parts.push(shown(child));
    return { kind: node.type.isError ? "error" : node.name, text: expression.slice(node.from, node.to), parts };
  };
  return shown(parser.parse(expression).topNode.firstChild);
};
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(apart)));
