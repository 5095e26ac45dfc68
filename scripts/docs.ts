/** Writes the generated pages of `docs` anew: `npm run docs`. Each has a test that it is fresh. */
import { writeFileSync } from "node:fs";
import { attributesPage, PAGE } from "./docs/attributes-page.ts";
import { COMPATIBILITY_PAGE, compatibilityPage } from "./docs/compatibility-page.ts";
import { COSTS_PAGE, costsPage } from "./docs/costs-page.ts";
import { TROUBLESHOOTING_PAGE, troubleshootingPage } from "./docs/troubleshooting-page.ts";

writeFileSync(PAGE, attributesPage());
writeFileSync(COMPATIBILITY_PAGE, compatibilityPage());
writeFileSync(COSTS_PAGE, await costsPage());
writeFileSync(TROUBLESHOOTING_PAGE, troubleshootingPage());
