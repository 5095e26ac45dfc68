export { BUNDLE_MARK, interceptors } from "./interceptors.ts";
