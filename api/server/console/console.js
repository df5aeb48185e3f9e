// A file of its own: the page's Content-Security-Policy allows no script in the HTML.
// The token is kept as the dashboard keeps it: in this tab, or where MentorHub's front end has it.
const KEY = "analytics_token";
const PERIOD = 3000;

const part = (id) => document.getElementById(id);
const token = () => sessionStorage.getItem(KEY) ?? localStorage.getItem("access_token");

// what comes is made by our own server, which writes no text of others as HTML
const ours = globalThis.trustedTypes?.createPolicy("console", { createHTML: (html) => html });

function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!given) return;
  sessionStorage.setItem(KEY, given.trim());
  history.replaceState(null, "", location.pathname + location.search);
}

async function ask(path, options = {}) {
  const headers = { Authorization: `Bearer ${token()}`, ...options.headers };
  const response = await fetch(path, { ...options, headers });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({ detail: `HTTP ${response.status}` }));
  throw Object.assign(new Error(problem.detail), { status: response.status });
}

function show(isIn) {
  part("enter").hidden = isIn;
  part("leave").hidden = part("rebuild").hidden = !isIn;
  if (!isIn) part("state").replaceChildren();
}

async function look() {
  if (!token()) return show(false);
  try {
    const html = await (await ask("state")).text();
    if (!token()) return show(false);
    const focused = document.activeElement?.dataset?.cancel;
    part("state").innerHTML = ours ? ours.createHTML(html) : html;
    if (focused) document.querySelector(`[data-cancel="${CSS.escape(focused)}"]`)?.focus();
    part("trouble").textContent = "";
    show(true);
  } catch (error) {
    part("trouble").textContent = error.message;
    if (error.status === 401 || error.status === 403) show(false);
  }
}

async function act(path, options) {
  try {
    await ask(`../api/v1/analytics/${path}`, options);
    await look();
  } catch (error) {
    part("trouble").textContent = error.message;
  }
}

part("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, new FormData(event.target).get("token").trim());
  event.target.reset();
  look();
});

part("leave").addEventListener("click", () => {
  sessionStorage.removeItem(KEY);
  part("trouble").textContent = "";
  show(false);
});

part("rebuild").addEventListener("submit", (event) => {
  event.preventDefault();
  const given = [...new FormData(event.target)].filter(([, value]) => value.trim());
  const asked = Object.fromEntries(
    given.map(([name, value]) => {
      if (name === "metrics") return [name, value.split(",").map((each) => each.trim()).filter(Boolean)];
      return [name, ["from", "to"].includes(name) ? value : Number(value)];
    }),
  );
  const headers = { "Content-Type": "application/json" };
  act("rebuilds", { method: "POST", headers, body: JSON.stringify(asked) });
});

part("state").addEventListener("click", (event) => {
  const run = event.target.dataset.cancel;
  if (run) act(`rebuilds/${run}`, { method: "DELETE" });
});

addEventListener("hashchange", () => {
  takeToken();
  look();
});

takeToken();
look();
setInterval(look, PERIOD);
