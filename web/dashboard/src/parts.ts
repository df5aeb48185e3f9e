/** What comes after the code of the first numbers, in one piece. */
export { Ringing } from "./pages/alerts.js";
export { Me } from "./pages/me.js";
export { Mentor } from "./pages/mentor.js";
export { Metrics } from "./pages/metrics.js";
export { Panels } from "./pages/panels.js";
