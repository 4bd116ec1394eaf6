// node promql.mjs < ["expression", ...]   prints for each whether Prometheus' grammar takes it, and the metrics it names
import { readFileSync } from "node:fs";
import { parser } from "@prometheus-io/lezer-promql";

const read = (expression) => {
  const metrics = [];
  let whole = true;
  parser.parse(expression).iterate({
    enter: (node) => {
      if (node.type.isError) whole = false;
      const parent = node.node.parent?.name;
      if (node.name === "Identifier" && parent === "VectorSelector") metrics.push(expression.slice(node.from, node.to));
    },
  });
  return { whole, metrics };
};
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(read)));
