/** Where requests have their token from. */
export interface Tokens {
  /** The token to send; null where nobody is signed in. */
  get(): string | null;
  /** A new token after a 401; null where there is none to be had. */
  refresh(): Promise<string | null>;
}

export interface MentorhubTokensOptions {
  /** MentorHub's own refresh. It is called once for any number of requests that fail together. */
  refresh?: () => Promise<string | null>;
}

/** MentorHub's token, where its front end keeps it: `localStorage["access_token"]`. */
export function mentorhubTokens({ refresh }: MentorhubTokensOptions = {}): Tokens {
  return oneRefresh({
    get: () => globalThis.localStorage?.getItem("access_token") ?? null,
    refresh: async () => (refresh ? refresh() : null),
  });
}

/** The same tokens; while a refresh runs, whoever else needs one waits for it. */
export function oneRefresh(tokens: Tokens): Tokens {
  let running: Promise<string | null> | null = null;
  return {
    get: () => tokens.get(),
    refresh: () => {
      running ??= tokens.refresh().finally(() => {
        running = null;
      });
      return running;
    },
  };
}
