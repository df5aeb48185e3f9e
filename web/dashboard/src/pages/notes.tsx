import { useNotes, type Note } from "@mentorhub/analytics";
import { useMemo, useState, type ReactElement, type SubmitEvent } from "react";

import { useWords } from "../i18n/index.js";
import { Label } from "../label.js";
import { Panel } from "../panel.js";
import { Refused, useTrouble } from "./entries.js";

/** What people wrote on the days of a window, for its charts. */
export function useNotesByDay(
  window: { from: string; to: string } | null | undefined,
): ReadonlyMap<string, readonly string[]> {
  const { notes } = useNotes(window ?? null);
  return useMemo(() => {
    const found = new Map<string, string[]>();
    for (const { day, text } of notes) found.set(day, [...(found.get(day) ?? []), text]);
    return found;
  }, [notes]);
}

/** The address of a file with the notes of the window, where there are any. */
export function useNoted(path: string, window: { from: string; to: string } | null | undefined): string {
  const { notes } = useNotes(window ?? null);
  return notes.length ? `${path}&notes=true` : path;
}

/** The notes of a window, and how to write them: administrators only, as the API says. */
export function Notes({ window }: { window: { from: string; to: string } | null | undefined }): ReactElement {
  const { f, t } = useWords();
  const notes = useNotes(window ?? null);
  const [edited, edit] = useState<Note | null>(null);
  const trouble = useTrouble();
  return (
    <Panel name="notes" title={t.notes.title} state={null}>
      {notes.error && notes.error.status !== 0 && <p className="detail">{notes.error.message}</p>}
      <ul className="notes">
        {notes.notes.map((note) => (
          <li key={note.id} data-note={note.id}>
            <time dateTime={note.day}>{f.day(note.day)}</time>
            <bdi>{note.text}</bdi>
            <button type="button" className="last" onClick={() => edit(note)}>
              <Label text={t.notes.change} of={note.text} />
            </button>
            <button type="button" onClick={() => void trouble.attempt(() => notes.remove(note.id))}>
              <Label text={t.notes.remove} of={note.text} />
            </button>
          </li>
        ))}
      </ul>
      <Form
        key={edited?.id ?? "new"}
        note={edited}
        today={window?.to ?? ""}
        onSend={async (entry) => {
          const isKept = await trouble.attempt(() =>
            edited ? notes.change(edited.id, entry) : notes.add(entry),
          );
          if (isKept) edit(null);
          return isKept;
        }}
      />
      <Refused of={trouble} />
    </Panel>
  );
}

interface Entry {
  day: string;
  text: string;
}

function Form({
  note,
  today,
  onSend,
}: {
  note: Note | null;
  today: string;
  onSend: (entry: Entry) => Promise<boolean>;
}): ReactElement {
  const { t } = useWords();
  const [day, setDay] = useState(note?.day ?? null);
  const [text, setText] = useState(note?.text ?? "");
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (await onSend({ day: day ?? today, text: text.trim() })) setText("");
  };
  return (
    <form className="entry" onSubmit={(event) => void submit(event)}>
      <input
        type="date"
        required
        aria-label={t.notes.day}
        value={day ?? today}
        onChange={({ target }) => setDay(target.value)}
      />
      <input
        required
        maxLength={2000}
        aria-label={t.notes.text}
        placeholder={t.notes.text}
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
      <button type="submit">{note ? t.notes.keep : t.notes.add}</button>
    </form>
  );
}
