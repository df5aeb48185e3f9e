import { AnalyticsProvider, cacheOf, useMetrics, useMyEngagement, usePlatformStats } from "@mentorhub/analytics";
import { StrictMode, useEffect, useMemo, useState, type ReactElement, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { SWRConfig } from "swr";

import { show, useView, type Page } from "./address.js";
import { pageOf, takeUp } from "./beginning.js";
import { pagesOf } from "./commands.js";
import { Badge } from "./fresh.js";
import { useWords } from "./i18n/index.js";
import { LANGUAGES, NAMES, type Language } from "./i18n/languages.js";
import { Keys } from "./keys.js";
import { Later } from "./later.js";
import { Panel } from "./panel.js";
import { Platform } from "./pages/platform.js";
import { SignIn } from "./pages/sign-in.js";
import { prefer, THEMES, usePreferences, type Theme } from "./preferences.js";
import { forgetToken, keepToken, says, takeToken, tokens } from "./session.js";
import { Toolbar } from "./toolbar.js";

const GUARDS = { platform: AdminGuard, metrics: AdminGuard, mentor: MentorGuard, me: MeGuard };

export function start(root: HTMLElement | null): void {
  if (!root) return;
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}

/** One connection for each token: what one person was told is never shown to the next. */
function App(): ReactElement {
  const { t } = useWords();
  const [token, setToken] = useState(tokens.get);
  useEffect(() => {
    document.title = t.title;
  }, [t]);
  useEffect(() => {
    const look = (): void => {
      if (takeToken()) setToken(tokens.get());
    };
    addEventListener("hashchange", look);
    return () => removeEventListener("hashchange", look);
  }, []);
  const enter = (given: string): void => {
    keepToken(given);
    setToken(tokens.get());
  };
  const leave = (): void => {
    forgetToken();
    setToken(null);
  };
  if (token === null) {
    return (
      <Frame>
        <SignIn hasExpired={false} onToken={enter} />
      </Frame>
    );
  }
  return <SignedIn key={token} onToken={enter} onLeave={leave} />;
}

function SignedIn({
  onToken,
  onLeave,
}: {
  onToken: (token: string) => void;
  onLeave: () => void;
}): ReactElement {
  const { analytics, told } = useMemo(takeUp, []);
  const cache = useMemo(() => cacheOf(analytics, told), [analytics, told]);
  return (
    <SWRConfig value={{ provider: () => cache }}>
      <AnalyticsProvider value={analytics}>
        <Pages onToken={onToken} onLeave={onLeave} />
      </AnalyticsProvider>
    </SWRConfig>
  );
}

function Pages({
  onToken,
  onLeave,
}: {
  onToken: (token: string) => void;
  onLeave: () => void;
}): ReactElement {
  const view = useView();
  const page = pageOf(view);
  const Guarded = GUARDS[page];
  return (
    <Guarded key={page} page={page} onToken={onToken}>
      {(content) => (
        <Frame page={page} onLeave={onLeave}>
          {content}
        </Frame>
      )}
    </Guarded>
  );
}

interface GuardProperties {
  page: Page;
  onToken: (token: string) => void;
  children: (content: ReactNode) => ReactElement;
}

/** A page for administrators, unless an answer says that one may not see it. */
function AdminGuard({ page, onToken, children }: GuardProperties): ReactElement {
  const { compare, currency } = useView();
  const { t } = useWords();
  const { error, isLoading } = usePlatformStats({ compare, currency });
  if (error?.status === 401) return <Frame><SignIn hasExpired onToken={onToken} /></Frame>;
  if (error?.status === 403) return children(<Forbidden sentence={t.states.forbidden} />);
  // Whoever does not say to be an admin is asked about first: the page would be all refusals.
  if (isLoading && !says("admin")) return children(<p className="notice">{t.states.loading}</p>);
  return children(
    <>
      <Toolbar page={page} />
      {page === "platform" ? (
        <Platform />
      ) : (
        <Later fallback={<Loading />}>{({ Metrics }) => <Metrics />}</Later>
      )}
      <Later>{({ Ringing }) => <Ringing />}</Later>
    </>,
  );
}

/** A mentor's own page, which administrators see, too: of whom the catalogue says so. */
function MentorGuard({ onToken, children }: GuardProperties): ReactElement {
  const { mentor } = useView();
  const { t } = useWords();
  const catalogue = useMetrics();
  if (catalogue.error?.status === 401) return <Frame><SignIn hasExpired onToken={onToken} /></Frame>;
  if (!catalogue.metrics) return children(<Panel name="catalogue" title={t.pages.mentor} state={catalogue}>{null}</Panel>);
  const metrics = catalogue.metrics.filter(({ readers }) => readers === "mentor_id");
  const isAdmin = catalogue.metrics.some(({ readers }) => readers === "admins");
  const whose = (isAdmin ? mentor : null) ?? metrics[0]?.own[0];
  if (whose === undefined) return children(<Forbidden sentence={t.states.forMentors} />);
  return children(
    <Later fallback={<Loading />}>
      {({ Mentor }) => <Mentor key={whose} mentor={whose} metrics={metrics} isNamed={isAdmin} />}
    </Later>,
  );
}

function Loading(): ReactElement {
  const { t } = useWords();
  return (
    <p className="notice" aria-busy="true">
      {t.states.loading}
    </p>
  );
}

function MeGuard({ onToken, children }: GuardProperties): ReactElement {
  const { error } = useMyEngagement();
  if (error?.status === 401) return <Frame><SignIn hasExpired onToken={onToken} /></Frame>;
  return children(<Later fallback={<Loading />}>{({ Me }) => <Me />}</Later>);
}

function Forbidden({ sentence }: { sentence: string }): ReactElement {
  const { t } = useWords();
  return (
    <div className="notice" role="alert">
      <h2>{sentence}</h2>
      <p>{t.states.forbiddenHow}</p>
      <button type="button" onClick={() => show({ page: "me" })}>
        {t.states.ownPage}
      </button>
    </div>
  );
}

function Frame({
  page,
  onLeave,
  children,
}: {
  page?: Page;
  onLeave?: () => void;
  children: ReactNode;
}): ReactElement {
  const { t } = useWords();
  return (
    <>
      <a className="skip" href="#content" onClick={skip}>
        {t.skip}
      </a>
      <header className="top">
        <h1>
          <span className="mark" aria-hidden="true" />
          {t.title}
        </h1>
        {page && (
          <nav aria-label={t.pages.label}>
            {pagesOf(page).map((each) => (
              <button
                key={each}
                type="button"
                aria-current={page === each ? "page" : undefined}
                onClick={() => show({ page: each })}
              >
                {t.pages[each]}
              </button>
            ))}
          </nav>
        )}
        {page && <Badge />}
        <div className="settings">
          <Choices />
          {page && <Keys page={page} />}
          {onLeave && (
            <button type="button" onClick={onLeave}>
              {t.signOut}
            </button>
          )}
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

/** The fragment is for tokens: a jump must not leave one in the address. */
function skip(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function Choices(): ReactElement {
  const { t } = useWords();
  const { theme, language } = usePreferences();
  return (
    <>
      <label className="choice">
        <span className="unseen">{t.language}</span>
        <select value={language} onChange={({ target }) => prefer({ language: target.value as Language })}>
          {LANGUAGES.map((each) => (
            <option key={each} value={each} lang={each}>
              {NAMES[each]}
            </option>
          ))}
        </select>
      </label>
      <label className="choice">
        <span className="unseen">{t.theme.label}</span>
        <select value={theme} onChange={({ target }) => prefer({ theme: target.value as Theme })}>
          {THEMES.map((each) => (
            <option key={each} value={each}>
              {t.theme[each]}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}
