import { begin } from "./beginning.js";
import { apply } from "./preferences.js";
import { takeToken, tokens } from "./session.js";
import "./styles.css";

/** Milliseconds that a page may be blank before people notice: no skeleton for less. */
const UNNOTICED = 100;

/** Asks before there is anything to show it: what shows it takes longer to come. */
async function main(): Promise<void> {
  takeToken();
  apply();
  const beginning = tokens.get() === null ? null : begin();
  const { start } = await import("./app.js");
  if (beginning) await Promise.race([beginning.settled, passed(UNNOTICED)]);
  start(document.getElementById("root"));
}

function passed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

void main();
