import { useEffect, useRef, useState, type ReactElement } from "react";
import { useSWRConfig } from "swr";

import { show, useView } from "./address.js";
import { useWords } from "./i18n/index.js";
import { prefer, THEMES, usePreferences } from "./preferences.js";
import { WINDOWS } from "./toolbar.js";

/** Panels that are charts. */
const CHARTS = ["user_growth", "revenue"];

/** What each key does, and the help that says so. */
export function Keys({ page }: { page: "platform" | "me" }): ReactElement {
  const { t } = useWords();
  const { compare, tables } = useView();
  const { keys, theme } = usePreferences();
  const { mutate } = useSWRConfig();
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setOpen] = useState(false);

  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);

  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const target = event.target as Element;
      if (!keys || event.ctrlKey || event.metaKey || event.altKey || isOpen) return;
      if (target.matches("input, select, textarea")) return;
      const commands: Record<string, () => void> = {
        "?": () => setOpen(true),
        c: () => show({ compare: !compare }),
        t: () => show({ tables: tables.length ? [] : CHARTS }),
        p: () => show({ page: page === "platform" ? "me" : "platform" }),
        d: () => prefer({ theme: THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system" }),
        r: () => void mutate(() => true),
        "/": () => document.getElementById("search")?.focus(),
        ...Object.fromEntries(WINDOWS.map((days, at) => [String(at + 1), () => show({ days })])),
      };
      const command = commands[event.key];
      if (!command) return;
      event.preventDefault();
      command();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [keys, isOpen, compare, tables, page, theme, mutate]);

  const rows: [string, string][] = [
    ["1 2 3 4", t.help.windows],
    ["c", t.help.compare],
    ["t", t.help.tables],
    ["/", t.help.search],
    ["p", t.help.pages],
    ["d", t.help.theme],
    ["r", t.help.reload],
    ["?", t.help.help],
    ["← →", t.help.chart],
  ];
  return (
    <>
      <button type="button" className="icon" aria-label={t.help.open} title={t.help.open} onClick={() => setOpen(true)}>
        ?
      </button>
      <dialog ref={dialog} onClose={() => setOpen(false)} aria-labelledby="help">
        <div className="head">
          <h2 id="help">{t.help.title}</h2>
          <button type="button" onClick={() => setOpen(false)}>
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
    </>
  );
}
