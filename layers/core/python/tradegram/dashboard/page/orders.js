// The order book: what state each order is in, and cancelling and changing those that work.

import { at, el, row, show } from "./build.js";
import { accountPath, get, write } from "./desk.js";
import { field, question } from "./dialog.js";
import { number, price, when } from "./words.js";

const PAGE = 50;
const WORKING = new Set(["PENDING", "OPEN"]);
const KINDS = {
  COMPLETE: "good", REJECTED: "bad", UNKNOWN: "warn", OPEN: "busy", PENDING: "busy",
};

let pages = 1;
let mine = { account: "", mayTrade: false, changed: () => {} };

const isWorking = (order) => WORKING.has(order.status);

function terms(order) {
  const parts = [`${order.transactionType} ${number(order.quantity)}`, order.orderType];
  if (order.price) parts.push(price(order.price));
  if (order.triggerPrice) parts.push(`trigger ${price(order.triggerPrice)}`);
  return parts.join(" ");
}

function badge(order) {
  const parts = [el("span", { class: `badge ${KINDS[order.status] ?? ""}` },
    order.state.replaceAll("_", " "))];
  if (isWorking(order) && order.cancelWanted) parts.push(el("small", {}, "cancel asked for"));
  if (isWorking(order) && order.changeWanted) parts.push(el("small", {}, "change asked for"));
  if (order.reason && order.status !== "COMPLETE") {
    parts.push(el("small", {}, `${order.reason.message} ${order.reason.hint}`));
  }
  return parts;
}

function actions(order) {
  if (!isWorking(order) || order.cancelWanted || !mine.mayTrade) return "";
  const named = `${order.transactionType} ${order.symbol}`;
  const button = (act, label, run) => el("button", {
    type: "button", class: "small", "data-act": act, "aria-label": `${label} ${named}`, onclick: run,
  }, label);
  return el("span", { class: "acts" },
    button("change", "Modify", () => change(order)), button("cancel", "Cancel", () => cancel(order)));
}

function line(order) {
  const filled = order.filledQuantity
    ? `${number(order.filledQuantity)} @ ${price(order.averagePrice)}` : "–";
  return row([
    ["Time", when(order.orderTime), "quiet"],
    ["Instrument", [el("b", {}, order.symbol), el("small", {}, `${order.exchange} ${order.product}`)]],
    ["Order", terms(order), order.transactionType.toLowerCase()],
    ["Filled", filled, "num"],
    ["State", badge(order)],
    ["Actions", actions(order)],
  ]);
}

async function all() {
  const found = [];
  let cursor;
  for (let page = 0; page < pages; page += 1) {
    const said = await get(`${accountPath(mine.account)}/orders`, { limit: PAGE, cursor });
    found.push(...said.orders);
    cursor = said.nextCursor;
    if (!cursor) break;
  }
  return { found, more: Boolean(cursor) };
}

/** Look again, and show it. */
export async function showOrders() {
  const asked = mine.account;
  if (!asked) return;
  const { found, more } = await all();
  if (asked !== mine.account) return;
  const shown = at("working").checked ? found.filter(isWorking) : found;
  show(at("orders"), shown, (order) => order.orderId, line);
  at("no-orders").hidden = shown.length > 0;
  at("older").hidden = !more;
  at("count-orders").textContent = found.filter(isWorking).length || "";
}

const pathOf = (order) => `/api/orders/${encodeURIComponent(order.orderId)}`;

function cancel(order) {
  question(`Cancel ${terms(order)} ${order.symbol}?`, [
    el("p", {}, "What is filled already stays. The broker has the last word."),
    field("reason", "Reason, for the audit", "", { maxlength: 100, placeholder: "optional" }),
  ], "Cancel the order", "sell", () => {
    const reason = at("reason").value.trim();
    const said = reason ? `?${new URLSearchParams({ reason })}` : "";
    return write("DELETE", pathOf(order) + said);
  }, mine.changed);
}

function change(order) {
  const number_ = { inputmode: "decimal" };
  const parts = [field("new-qty", "Quantity", order.quantity, number_)];
  if (order.price) parts.push(field("new-price", "Price", order.price, number_));
  if (order.triggerPrice) parts.push(field("new-trigger", "Trigger", order.triggerPrice, number_));
  question(`Modify ${terms(order)} ${order.symbol}`, parts, "Change the order", "", () => {
    const changed = {};
    for (const [name, id, before] of [
      ["qty", "new-qty", order.quantity], ["price", "new-price", order.price],
      ["trigger", "new-trigger", order.triggerPrice],
    ]) {
      const given = at(id) ? Number(at(id).value.replaceAll(",", "")) : before;
      if (!(given > 0) && at(id)) throw new Error("Each must be a number above 0.");
      if (given !== before) changed[name] = given;
    }
    if (!Object.keys(changed).length) throw new Error("Nothing is different.");
    return write("PATCH", pathOf(order), { new_params: changed });
  }, mine.changed);
}

/** account: whose orders. changed: told when one was cancelled or changed. */
export function orderBook(given) {
  if (given.account !== mine.account) pages = 1;
  mine = { ...mine, ...given };
}

at("older").addEventListener("click", () => {
  pages += 1;
  showOrders();
});
at("working").addEventListener("change", () => showOrders());
