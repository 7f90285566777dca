// The cards at the top: one for each account, and the one that is looked at.

import { at, el, show } from "./build.js";
import { get } from "./desk.js";
import { masked, money } from "./words.js";

const KEPT = "tradegram account";
let known = [];
let chosen = localStorage.getItem(KEPT) ?? "";

export const accounts = () => known;
export const current = () => known.find((one) => one.accountId === chosen) ?? known[0];

function card(choose) {
  return (one) => el("button", {
    type: "button", class: "card", "data-act": "choose",
    "aria-pressed": String(one.accountId === current()?.accountId), onclick: () => choose(one),
  },
  el("span", { class: "card-top" }, el("b", {}, `#${one.name}`),
    el("span", { class: `badge ${one.mode.toLowerCase()}` }, one.mode)),
  el("span", { class: "quiet" }, `${one.broker} ${masked(one.clientId)}`),
  el("span", { class: one.isActive ? "quiet" : "bad-words" },
    one.isActive ? "session good" : "not logged in"),
  el("span", { class: "card-money" }, money(one.marginAvailable, one.currency),
    el("small", {}, " free")),
  el("small", { class: "quiet" }, `${money(one.marginUsed, one.currency)} blocked`));
}

/** Ask again and show; changed: told when another one was chosen. */
export async function showAccounts(changed) {
  known = (await get("/api/brokers/accounts")).accounts;
  const paint = () => {
    const shown = known.map((one) => ({ ...one, on: one.accountId === current()?.accountId }));
    show(at("cards"), shown, (one) => one.accountId, card((one) => {
      chosen = one.accountId;
      localStorage.setItem(KEPT, chosen);
      paint();
      changed();
    }));
  };
  paint();
  const modes = [...new Set(known.map((one) => one.mode))];
  at("modes").replaceChildren(...modes.map((mode) =>
    el("span", { class: `badge ${mode.toLowerCase()}` }, mode.toUpperCase())));
}
