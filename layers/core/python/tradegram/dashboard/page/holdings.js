// What all accounts have: positions with their results, holdings, money.

import { at, el, row, show } from "./build.js";
import { accountPath, get } from "./desk.js";
import { gain, money, number, percent, price, wayOf } from "./words.js";

const named = (one) => [el("b", {}, one.symbol), el("small", {}, [one.exchange, one.product,
  one.several ? `#${one.account}` : ""].filter(Boolean).join(" "))];

function gainCell(value, currency) {
  return el("span", { class: wayOf(value) }, gain(value, currency));
}

/** Each account's answer with the account's name; one that does not answer leaves the others. */
async function each(accounts, what) {
  const asked = accounts.map(async (one) => {
    const found = (await get(`${accountPath(one.accountId)}/${what}`))[what];
    return found.map((item) => ({
      ...item, account: one.name, several: accounts.length > 1,
    }));
  });
  const said = await Promise.allSettled(asked);
  return said.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
}

function positionLine(close) {
  return (one) => row([
    ["Instrument", named(one)],
    ["Quantity", number(one.quantity), "num"],
    ["Average", price(one.averagePrice), "num"],
    ["Now", price(one.currentPrice), "num"],
    ["P&L", [gainCell(one.pnl, one.currency), close && one.quantity
      ? el("button", { type: "button", class: "small", "data-act": "close",
        "aria-label": `Close ${one.symbol}`, onclick: () => close(one) }, "Close…") : ""], "num"],
    ["P&L %", el("span", { class: wayOf(one.pnlPercent) }, percent(one.pnlPercent)), "num"],
  ]);
}

function totals(positions) {
  const sums = {};
  for (const one of positions) {
    const open = one.quantity ? one.pnl ?? 0 : 0; // of a closed one, pnl is what was realised
    sums[one.currency] = (sums[one.currency] ?? 0) + open + one.realised;
  }
  return Object.entries(sums).map(([currency, sum]) =>
    el("span", { class: wayOf(sum) }, gain(sum, currency)));
}

const keyOf = (one) => [one.account, one.exchange, one.symbol, one.product].join("|");

/** close: opens the form for the other side; none for viewers. */
export async function showPositions(accounts, close) {
  const found = await each(accounts, "positions");
  const open = found.filter((one) => one.quantity !== 0);
  show(at("positions"), open, keyOf, positionLine(close));
  at("no-positions").hidden = open.length > 0;
  at("count-positions").textContent = open.length || "";
  for (const id of ["total", "day"]) {
    at(id).replaceChildren(...(found.length ? [el("small", {}, "today "), ...totals(found)] : []));
  }
}

export async function showHoldings(accounts) {
  const found = await each(accounts, "holdings");
  show(at("holdings"), found, keyOf, (one) => row([
    ["Instrument", named(one)],
    ["Quantity", number(one.quantity), "num"],
    ["Average", price(one.averagePrice), "num"],
    ["Now", price(one.currentPrice), "num"],
    ["P&L", gainCell(one.pnl, one.currency), "num"],
  ]));
  at("no-holdings").hidden = found.length > 0;
}

export async function showMargins(accounts) {
  const asked = accounts.map(async (one) => {
    const { margins } = await get(`${accountPath(one.accountId)}/margins`);
    return margins.purses.map((purse) => ({ ...purse, account: one.name }));
  });
  const found = (await Promise.allSettled(asked))
    .flatMap((one) => (one.status === "fulfilled" ? one.value : []));
  show(at("margins"), found, (one) => `${one.account} ${one.currency}`, (one) => row([
    ["Account", [el("b", {}, `#${one.account}`), el("small", {}, one.currency)]],
    ["Free", money(one.available, one.currency), "num"],
    ["Blocked", money(one.used, one.currency), "num"],
    ["Balance", money(one.balance, one.currency), "num"],
  ]));
}
