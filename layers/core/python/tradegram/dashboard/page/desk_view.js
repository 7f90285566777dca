// The desk itself: logins, who is signed in, and the audit; strategies and limits are steered.

import { at, el, row, say, show } from "./build.js";
import { get, write } from "./desk.js";
import { why } from "./dialog.js";
import { showLimits, showStrategies } from "./steer.js";
import { when } from "./words.js";

const PAGE = 50;
const PHASES = {
  IN: ["session good", "good"], OUT: ["not logged in", "warn"], ENTERING: ["being logged in", "busy"],
  FAILED: ["login failed", "bad"], ENDED: ["logged out", "bad"],
};

async function logIn(one) {
  // The window is opened while the press still counts as one; browsers block it later.
  const page = window.open("about:blank", "_blank");
  try {
    const said = await write("POST", `/api/sessions/${encodeURIComponent(one.accountId)}`);
    if (said.url && page) {
      page.opener = null;
      page.location.replace(said.url);
    } else {
      page?.close();
      say(said.message);
    }
  } catch (error) {
    page?.close();
    say(why(error), "bad");
  }
}

function sessionLine(mayTrade) {
  return (one) => {
    const [words, kind] = PHASES[one.phase];
    const until = one.until ? ` until ${when(one.until)}` : "";
    const button = mayTrade && one.mode === "LIVE" && one.phase !== "IN"
      ? el("button", { type: "button", class: "small", "data-act": "login",
        onclick: () => logIn(one) }, `Log in #${one.name}`) : null;
    return el("li", {}, el("span", {}, el("b", {}, `#${one.name}`), ` ${one.broker}`,
      one.words ? el("small", {}, one.words) : null),
    el("span", {}, el("span", { class: `badge ${kind}` }, words + until), button));
  };
}

export function showVisits(visits) {
  at("visits").replaceChildren(...visits.map((one) => el("li", {},
    el("span", {}, `by ${one.way}, ${when(one.began)}`, one.this ? el("b", {}, " (here)") : null),
    el("small", {}, `until ${when(one.ends)}`))));
}

// -- audit -----------------------------------------------------------------------------------

let pages = 1;

function detail(details) {
  return Object.entries(details).map(([name, value]) =>
    `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`).join(" · ");
}

function auditLine(one) {
  return row([
    ["Time", [one.time ? when(one.time) : "–", el("small", {}, `link ${one.sequence}`)], "quiet"],
    ["Event", el("b", {}, one.event)],
    ["By", one.by],
    ["What", el("span", { class: "detail" }, detail(one.details))],
  ]);
}

async function showAudit(account) {
  const links = [];
  let cursor;
  for (let page = 0; page < pages; page += 1) {
    const said = await get("/api/audit", {
      account: at("of-desk").checked ? "desk" : account, limit: PAGE, cursor,
    });
    links.push(...said.links);
    cursor = said.nextCursor;
    if (!cursor) break;
  }
  show(at("audit"), links, (one) => one.digest, auditLine);
  at("audit-more").hidden = !cursor;
}

let lookAgain = () => {};
at("audit-more").addEventListener("click", () => { pages += 1; lookAgain(); });
at("of-desk").addEventListener("change", () => { pages = 1; lookAgain(); });

export async function showDesk(account, mayTrade) {
  lookAgain = () => showAudit(account.accountId).catch((error) => say(why(error), "bad"));
  const anew = () => showDesk(account, mayTrade).catch((error) => say(why(error), "bad"));
  const [limits, { sessions }, { strategies }] = await Promise.all([
    get("/api/limits", { account: account.accountId }), get("/api/sessions"),
    get("/api/strategies"), showAudit(account.accountId),
  ]);
  show(at("sessions"), sessions, (one) => one.accountId, sessionLine(mayTrade));
  showStrategies(strategies, mayTrade, anew);
  showLimits(limits, account, mayTrade, anew);
}
