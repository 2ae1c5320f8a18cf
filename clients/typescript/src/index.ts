export * from "./api.js";
export { Till } from "./client.js";
export type { Answer, Input, Settings } from "./client.js";
export { ConnectionFailed, InvalidKey, ProblemError, TillError } from "./errors.js";
export { parseJSON, writeJSON } from "./json.js";
