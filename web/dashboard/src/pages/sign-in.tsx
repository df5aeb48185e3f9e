import { useState, type ReactElement, type SubmitEvent } from "react";

import { useWords } from "../i18n/index.js";

/** For whoever has no token, or one that is not valid any more. */
export function SignIn({
  hasExpired,
  onToken,
}: {
  hasExpired: boolean;
  onToken: (token: string) => void;
}): ReactElement {
  const { t } = useWords();
  const [token, setToken] = useState("");
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (token.trim()) onToken(token);
  };
  return (
    <form className="sign-in" onSubmit={submit} aria-labelledby="sign-in">
      <h1 id="sign-in">{t.signIn.title}</h1>
      {hasExpired && <p role="alert">{t.signIn.expired}</p>}
      <p>{t.signIn.text}</p>
      <label>
        {t.signIn.token}
        <input
          type="password"
          autoComplete="off"
          dir="ltr"
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
      </label>
      <button type="submit">{t.signIn.enter}</button>
      <p className="quiet">{t.signIn.kept}</p>
      <p className="quiet">{t.signIn.demo}</p>
    </form>
  );
}
