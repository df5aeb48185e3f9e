import { mentorhubTokens, oneRefresh, type Tokens } from "@mentorhub/analytics";

/** What this tab was given; MentorHub's own token is where its front end keeps it. */
const KEY = "analytics_token";

const mentorhub = mentorhubTokens();

/**
 * Takes a token out of the address: `/dashboard/#token=…`. What is behind `#` is never sent to a
 * server, so it is in no log; and it is out of the address and the history before anything is asked.
 */
export function takeToken(): boolean {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return false;
  keepToken(token);
  history.replaceState(null, "", location.pathname + location.search);
  return true;
}

/** For this tab and until it is closed: no other tab, site or later visitor of this browser has it. */
export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token.trim());
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
}

export const tokens: Tokens = oneRefresh({
  get: () => sessionStorage.getItem(KEY) ?? mentorhub.get(),
  refresh: async () => null,
});

/** Which page to begin with. A hint only: what one may read, the API looks up. */
export function says(role: "admin" | "mentor"): boolean {
  const payload = tokens.get()?.split(".")[1];
  if (!payload) return false;
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    return (claims as { role?: unknown } | null)?.role === role;
  } catch {
    return false;
  }
}
