import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from "react";

import { places, type Command } from "./commands.js";
import { useWords } from "./i18n/index.js";

/** All commands and all places of the page; typing leaves those with every word that is typed. */
export function Palette({
  commands,
  onClose,
}: {
  commands: readonly Command[];
  onClose: () => void;
}): ReactElement {
  const { t } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useId();
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const there = useMemo(places, []);
  const found = matching([...there, ...commands], text);
  const option = (index: number): string => `${list}-${index}`;

  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    dialog.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen, text]);

  const run = (command: Command | undefined): void => {
    // Closed first: what is done may open or focus something else.
    dialog.current?.close();
    command?.run();
  };
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length) setChosen((chosen + step + found.length) % found.length);
    else if (event.key === "Enter") run(found[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <dialog className="palette" ref={dialog} onClose={onClose} aria-label={t.palette.open}>
      <input
        type="text"
        role="combobox"
        aria-expanded={found.length > 0}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={found.length ? option(chosen) : undefined}
        aria-label={t.palette.open}
        placeholder={t.palette.hint}
        value={text}
        onKeyDown={press}
        onChange={({ target }) => {
          setText(target.value);
          setChosen(0);
        }}
      />
      <ul role="listbox" id={list} aria-label={t.palette.open}>
        {found.map((command, index) => (
          <li
            key={command.name}
            id={option(index)}
            role="option"
            aria-selected={index === chosen}
            onPointerMove={() => setChosen(index)}
            onClick={() => run(command)}
          >
            <span>{command.name}</span>
            {command.key && <kbd aria-hidden="true">{command.key}</kbd>}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p role="status">{t.palette.none}</p>}
    </dialog>
  );
}

function matching(commands: readonly Command[], text: string): Command[] {
  const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return commands.filter(({ name }) => {
    const lower = name.toLocaleLowerCase();
    return words.every((word) => lower.includes(word));
  });
}
