// node promql.mjs < ["expression", ...]   prints for each whether Prometheus' grammar takes it, and what it asks for
import { readFileSync } from "node:fs";
import { parser } from "@prometheus-io/lezer-promql";

const read = (expression) => {
  const text = (node) => (node ? expression.slice(node.from, node.to) : "");
  const unquoted = (node) => text(node).slice(1, -1).replaceAll("\\\\", "\\");
  const names = (grouping) => grouping?.getChildren("LabelName").map(text) ?? [];

  const matcher = (node) => ({
    label: text(node.getChild("LabelName")),
    is_pattern: ["=~", "!~"].includes(text(node.getChild("MatchOp"))),
    value: unquoted(node.getChild("StringLiteral")),
  });

  // Of everything around a selector: the labels by which an aggregation or a comparison tells its series apart.
  const around = (node) => {
    const grouped = [];
    let left = null; // by the outermost aggregation; null: all of them
    for (let up = node.parent; up; up = up.parent) {
      const told = up.getChild("AggregateModifier") ?? up.getChild("MatchingModifierClause");
      const labels = names(told?.getChild("GroupingLabels"));
      grouped.push(...labels);
      if (up.name === "AggregateExpr") left = told?.getChild("Without") ? null : labels;
    }
    return { grouped, left };
  };

  const selectors = [];
  let whole = true;
  parser.parse(expression).iterate({
    enter: ({ type, node }) => {
      if (type.isError) whole = false;
      if (type.name !== "VectorSelector") return;
      const matchers = node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? [];
      selectors.push({ metric: text(node.getChild("Identifier")), matchers: matchers.map(matcher), ...around(node) });
    },
  });
  return { whole, selectors };
};
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(read)));
