/** What the API's OpenAPI document says of its fields, by `Schema.field`: made by vite.config.ts. */
declare module "virtual:definitions" {
  const definitions: Readonly<Record<string, string>>;
  export default definitions;
}
