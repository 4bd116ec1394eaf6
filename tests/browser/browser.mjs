// Looks at pages as a person would, without scripts of their own, and has axe look too.
// node browser.mjs PICTURES-FOLDER < [{"name", "url" or "html" and "headers", "width"?}, ...]
// prints [{"name", "violations", ...}, ...]
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

// The browser comes with the libraries that it needs, and unpacks them where it takes itself to be a guest.
process.env.AWS_EXECUTION_ENV ??= "AWS_Lambda_nodejs22.x";
process.env.AWS_LAMBDA_JS_RUNTIME ??= "nodejs22.x";
const { default: packed } = await import("@sparticuz/chromium");

const pictures = process.argv[2];
const pages = JSON.parse(readFileSync(0, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// The browser cannot take a picture of any height.
const HIGHEST = 8000;

// A busy browser refuses a picture of a size that it has not drawn: two frames, and the first has been shown.
async function photograph(tab, name) {
  const { width } = tab.viewportSize();
  const height = await tab.evaluate(() => document.documentElement.scrollHeight);
  await tab.setViewportSize({ width, height: Math.min(height, HIGHEST) });
  await tab.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await tab.screenshot({ path: join(pictures, `${name}.png`) });
}

async function look(browser, page) {
  const context = await browser.newContext({ viewport: { width: page.width ?? 1024, height: 900 } });
  const tab = await context.newPage();
  // What the page itself would run stays off; axe is run by us, beside the page's own policy.
  await context.route("**/*.js", (route) => route.abort());
  // A page that is handed over is served under an address that is nobody's, with its own headers.
  const address = page.url ?? "http://page.test/";
  const headers = { "content-type": "text/html; charset=utf-8", ...page.headers };
  if (!page.url) await context.route(address, (route) => route.fulfill({ headers, body: page.html }));
  const refused = [];
  tab.on("console", (said) => said.type() === "error" && refused.push(said.text()));
  const answer = await tab.goto(address);
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  const toldByThePage = [...refused];
  await tab.evaluate(axe);
  const found = await tab.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
  await photograph(tab, page.name);
  await context.close();
  return {
    name: page.name,
    status: answer?.status() ?? 200,
    scrollsSideways: wide,
    refused: toldByThePage,
    violations: found.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0].html}`),
  };
}

mkdirSync(pictures, { recursive: true });
// Its own arguments are for a host that runs one page and ends; a process for everything would not survive a second.
const args = ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"];
const browser = await chromium.launch({ executablePath: await packed.executablePath(), args });
const looks = [];
for (const page of pages) looks.push(await look(browser, page));
await browser.close();
console.log(JSON.stringify(looks));
