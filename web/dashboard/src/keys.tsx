import { useEffect, useRef, useState, type ReactElement } from "react";

import type { Page } from "./address.js";
import { commandOf, useCommands } from "./commands.js";
import { useWords } from "./i18n/index.js";
import { Palette } from "./palette.js";
import { prefer, usePreferences } from "./preferences.js";

const PALETTE_KEYS = navigator.userAgent.includes("Mac OS") ? "⌘ K" : "Ctrl K";

/** What is over the page, if anything. */
type Over = "help" | "palette" | null;

/** What each key does, the help that says so, and the list of all commands. */
export function Keys({ page }: { page: Page }): ReactElement {
  const { t } = useWords();
  const { keys } = usePreferences();
  const commands = useCommands(page);
  const [over, setOver] = useState<Over>(null);

  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.code === "KeyK") {
        event.preventDefault();
        setOver("palette");
        return;
      }
      const target = event.target as Element;
      if (!keys || event.ctrlKey || event.metaKey || event.altKey || over) return;
      if (target.matches("input:not([type=checkbox]), select, textarea")) return;
      const command = event.key === "?" ? { run: () => setOver("help") } : commandOf(commands, event);
      if (!command) return;
      event.preventDefault();
      command.run();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [keys, over, commands]);

  return (
    <>
      <button
        type="button"
        className="icon"
        aria-label={t.palette.open}
        title={t.palette.open}
        aria-keyshortcuts="Control+K Meta+K"
        onClick={() => setOver("palette")}
      >
        {PALETTE_KEYS}
      </button>
      <button type="button" className="icon" aria-label={t.help.open} title={t.help.open} onClick={() => setOver("help")}>
        ?
      </button>
      {over === "palette" && (
        <Palette
          commands={[...commands, { name: t.help.open, key: "?", run: () => setOver("help") }]}
          onClose={() => setOver((now) => (now === "palette" ? null : now))}
        />
      )}
      {over === "help" && <Help onClose={() => setOver((now) => (now === "help" ? null : now))} />}
    </>
  );
}

/** What there is to know, and what the keys do. */
function Help({ onClose }: { onClose: () => void }): ReactElement {
  const { t } = useWords();
  const { keys } = usePreferences();
  const help = useRef<HTMLDialogElement>(null);
  useEffect(() => help.current?.showModal(), []);
  const rows: [string, string][] = [
    ["1 2 3 4", t.help.windows],
    ["c", t.help.compare],
    ["t", t.help.tables],
    ["/", t.help.search],
    ["p", t.help.pages],
    ["d", t.help.theme],
    ["r", t.help.reload],
    [PALETTE_KEYS, t.help.palette],
    ["?", t.help.help],
    ["← →", t.help.chart],
    ["Shift ← →", t.help.brush],
  ];
  return (
    <dialog ref={help} onClose={onClose} aria-labelledby="help">
      <div className="head">
        <h2 id="help">{t.help.title}</h2>
        <button type="button" onClick={() => help.current?.close()}>
          {t.help.close}
        </button>
      </div>
      <ul>
        {t.help.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
      <h3>{t.help.keys}</h3>
      <table>
        <tbody>
          {rows.map(([key, effect]) => (
            <tr key={key}>
              <th scope="row">
                {key.split(" ").map((each) => (
                  <kbd key={each}>{each}</kbd>
                ))}
              </th>
              <td>{effect}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label className="check">
        <input
          type="checkbox"
          checked={keys}
          onChange={({ target }) => prefer({ keys: target.checked })}
        />
        {t.help.off}
      </label>
    </dialog>
  );
}
