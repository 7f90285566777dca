// What waits for a price: stored orders, and the stops and targets of what is open.

import { at, el, row, show } from "./build.js";
import { get, write } from "./desk.js";
import { question } from "./dialog.js";
import { number, price, when } from "./words.js";

const PAGE = 200; // as many as are shown; there are a hundred of a kind at most
const KINDS = { WAITING: "busy", SENDING: "busy", UNKNOWN: "warn", ENDING: "warn", STUCK: "bad" };

const action = (one) => (one.kind === "PROTECTION" ? "closes" : one.transactionType);
const words = (one) =>
  [action(one), one.quantity ? number(one.quantity) : null].filter(Boolean).join(" ");

function level(one) {
  const sign = one.when === "RISES" ? "≥" : "≤";
  return `${sign} ${price(one.at)}${one.price ? `, limit ${price(one.price)}` : ""}`;
}

function levels(one) {
  const parts = one.levels.map(level);
  if (one.trail) parts.push(`trails by ${one.trail}`);
  return parts.join(" or ");
}

function takeBack(one, changed) {
  const looked = one.state === "UNKNOWN" && one.cancelWanted;
  const what = looked
    ? `Nobody knows whether ${one.keptBy} keeps it. End it here only after you have looked there and found none.`
    : one.kind === "PROTECTION" ? "What is open stays open, and without this stop and target."
      : one.keptBy === "desk" ? "It will not be sent."
        : `It can still trigger until ${one.keptBy} says that it is gone.`;
  question(`Take back: ${words(one)} ${one.symbol}?`, [el("p", {}, what)],
    looked ? "I looked: end it" : "Take it back", "sell",
    () => write("DELETE", `/api/stored-orders/${encodeURIComponent(one.storedId)}${
      looked ? "?looked=true" : ""}`), changed);
}

function actions(one, mayTrade, changed) {
  const asked = one.cancelWanted && one.state !== "UNKNOWN";
  if (!mayTrade || asked) return "";
  const label = one.cancelWanted ? "I looked…" : "Take back…";
  return el("button", {
    type: "button", class: "small", "data-act": "back",
    "aria-label": `${label.replace("…", "")} ${words(one)} ${one.symbol}`,
    onclick: () => takeBack(one, changed),
  }, label);
}

function state(one) {
  return [el("span", { class: `badge ${KINDS[one.state] ?? ""}` }, one.state),
    one.why ? el("small", {}, one.why) : null,
    one.until ? el("small", {}, `until ${when(one.until)}`) : null];
}

/** Of one account; the whole section is away while nothing waits. */
export async function showStored(account, mayTrade, changed) {
  if (!account) return;
  const { stored } = await get("/api/stored-orders", { account, limit: PAGE });
  at("waiting").hidden = stored.length === 0;
  show(at("stored"), stored, (one) => one.storedId, (one) => row([
    ["Kept by", one.keptBy === "desk" ? "this desk" : one.keptBy, "quiet"],
    ["Instrument", [el("b", {}, one.symbol), el("small", {}, `${one.exchange} ${one.product}`)]],
    ["Order", words(one), one.transactionType.toLowerCase()],
    ["When", levels(one), "num"],
    ["State", state(one)],
    ["Actions", actions(one, mayTrade, changed)],
  ]));
}
