/** Sites as of November 2026 and those of the same form (https://docs.datadoghq.com/getting_started/site/). */
const SITE = /^(?:[a-z]{2,3}\d{1,2}\.)?(?:datadoghq\.(?:com|eu)|ddog-gov\.com)$/;

/** A site of Datadog by its name, such as `us5.datadoghq.com`; undefined for any other host: a key goes to no other. */
export function datadogSiteName(name: string): string | undefined {
  const site = name.trim().toLowerCase();
  return SITE.test(site) ? site : undefined;
}
