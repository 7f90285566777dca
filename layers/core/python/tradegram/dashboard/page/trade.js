// The order form, the search for what to trade, and the ticket that asks for Confirm.

import { at, el, say } from "./build.js";
import { get, newWord, write } from "./desk.js";
import { close, keys, open, why } from "./dialog.js";
import { money, number, price } from "./words.js";

const form = at("order");
const box = at("symbol");
const list = at("found");
let chosen = null;
let marked = -1;
let asking = 0;

// -- search ----------------------------------------------------------------------------------

function shut() {
  list.hidden = true;
  marked = -1;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}

function mark(place) {
  const rows = [...list.children];
  marked = (place + rows.length) % rows.length;
  rows.forEach((one, i) => one.setAttribute("aria-selected", String(i === marked)));
  box.setAttribute("aria-activedescendant", rows[marked].id);
  rows[marked].scrollIntoView({ block: "nearest" });
}

async function choose(one) {
  chosen = one;
  box.value = one.symbol;
  shut();
  const about = `${one.exchange} · ${one.name} · lot ${number(one.lotSize)}`;
  at("chosen").textContent = about;
  if (!at("quantity").value) at("quantity").value = one.lotSize;
  try {
    const { quotes } = await get("/api/quotes", { symbols: `${one.exchange}:${one.symbol}` });
    if (chosen === one && quotes.length) {
      at("chosen").textContent = `${about} · last ${price(quotes[0].lastPrice)}`;
    }
  } catch {
    return; // the price is a convenience; the ticket has the one that counts
  }
}

function offer(instruments) {
  list.replaceChildren(...instruments.map((one, i) => el(
    "li",
    { id: `found-${i}`, role: "option", "aria-selected": "false",
      onmousedown: (event) => { event.preventDefault(); choose(one); } },
    el("b", {}, one.symbol), ` ${one.exchange} `, el("small", {}, one.name),
  )));
  list.found = instruments;
  marked = -1;
  list.hidden = !instruments.length;
  box.setAttribute("aria-expanded", String(!list.hidden));
}

async function search() {
  chosen = null;
  at("chosen").textContent = "";
  const mine = ++asking;
  const words = box.value.trim();
  if (!words) return shut();
  await new Promise((resolve) => { setTimeout(resolve, 150); });
  if (mine !== asking) return undefined;
  try {
    const { instruments } = await get("/api/instruments", { q: words, limit: 8 });
    if (mine === asking && document.activeElement === box) offer(instruments);
  } catch (error) {
    if (mine === asking) at("chosen").textContent = why(error);
  }
  return undefined;
}

function steer(event) {
  if (list.hidden) return;
  if (event.key === "ArrowDown") mark(marked + 1);
  else if (event.key === "ArrowUp") mark(marked < 0 ? -1 : marked - 1);
  else if (event.key === "Escape") shut();
  else if (event.key === "Enter" && marked >= 0) choose(list.found[marked]);
  else return;
  event.preventDefault();
}

// -- the form --------------------------------------------------------------------------------

function fit() {
  const type = at("type").value;
  for (const field of form.querySelectorAll("[data-for]")) {
    field.hidden = !field.dataset.for.split(" ").includes(type);
  }
}

/** A decimal as typed, with or without grouping; undefined for nothing. Throws Error. */
function amount(id, name) {
  const text = at(id).value.replaceAll(",", "").trim();
  if (!text || at(id).closest("[hidden]")) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text)) {
    at(id).focus();
    throw new Error(`${name} must be a number, such as 2950.50.`);
  }
  return Number(text);
}

function wanted(account) {
  const given = new FormData(form);
  if (!box.value.trim()) {
    box.focus();
    throw new Error("Which instrument? Type a name and choose one.");
  }
  const quantity = amount("quantity", "The quantity");
  if (quantity === undefined) {
    at("quantity").focus();
    throw new Error("How many? Type a quantity.");
  }
  return {
    account,
    symbol: chosen ? chosen.symbol : box.value.trim(),
    exchange: chosen?.exchange,
    transactionType: given.get("side"),
    orderType: given.get("type"),
    quantity,
    price: amount("price", "The price"),
    triggerPrice: amount("trigger", "The trigger"),
    stopLoss: amount("stop", "The stop loss"),
    target: amount("target", "The target"),
    product: given.get("product") || undefined,
    validity: given.get("validity") || undefined,
  };
}

function clear() {
  form.reset();
  chosen = null;
  at("chosen").textContent = "";
  fit();
}

// -- the ticket ------------------------------------------------------------------------------

function terms(ticket) {
  const at_ = { LIMIT: ticket.price, SL: ticket.price }[ticket.orderType];
  const lines = [
    ["Account", ticket.accountId],
    ["Order", `${ticket.orderType}${at_ ? ` ${price(at_)}` : ""}`],
    ticket.triggerPrice && ["Trigger", price(ticket.triggerPrice)],
    ["Product, validity", `${ticket.product}, ${ticket.validity}`],
    ["Last price", price(ticket.lastPrice)],
    ticket.worstPrice && ["Worst price", price(ticket.worstPrice)],
    ["Value", money(ticket.value, ticket.currency)],
    ["Margin", money(ticket.margin, ticket.currency)],
    ["Charges", money(ticket.charges, ticket.currency)],
    ticket.stopLoss && ["Stop loss", price(ticket.stopLoss)],
    ticket.target && ["Target", price(ticket.target)],
  ].filter(Boolean);
  return el("dl", { class: "terms" }, lines.flatMap(([name, value]) =>
    [el("dt", {}, name), el("dd", {}, value)]));
}

function showTicket(ticket, note, placed, again) {
  let settled = false;
  const side = ticket.transactionType;
  const words = `${side} ${number(ticket.quantity)} ${ticket.symbol}`;
  const left = el("p", { class: "note" });
  const why_ = el("p", { class: "why", role: "alert" }, note ?? "");
  const confirm = el("button", { type: "button", class: `go ${side.toLowerCase()}` },
    `Confirm ${words}`);
  const renew = el("button", { type: "button", class: "plain", hidden: true,
    onclick: () => { settled = true; close(); again(); } }, "New price");
  const ends = Date.parse(ticket.expiresAt);
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((ends - Date.now()) / 1000));
    left.textContent = seconds ? `Good for ${seconds} s.` : "This ticket has expired.";
    if (!seconds) { confirm.disabled = true; renew.hidden = false; }
  };
  const clock = setInterval(tick, 500);
  confirm.addEventListener("click", async () => {
    confirm.disabled = true;
    try {
      const path = `/api/tickets/${ticket.ticketId}/confirm`;
      const once = `${ticket.ticketId}-${ticket.version}`;
      const said = await write("POST", path, { version: ticket.version }, once);
      settled = true;
      close();
      if (said.ticket.state === "CONFIRMED") placed(said.ticket, said.message);
      else showTicket(said.ticket, said.message, placed, again);
    } catch (error) {
      why_.textContent = why(error);
      renew.hidden = false;
      confirm.disabled = error.status !== 0 && error.status < 500;
    }
  });
  const drop = el("button", { type: "button", class: "plain", onclick: close }, "Do not send");
  open(`${words}?`, [
    terms(ticket),
    el("ul", { class: "checks" }, ticket.checks.map((one) => el("li", {}, one))),
    why_, left, keys(confirm, renew, drop),
  ], () => {
    clearInterval(clock);
    if (!settled) write("DELETE", `/api/tickets/${ticket.ticketId}`).catch(() => {});
  });
  tick();
  confirm.focus();
}

/** account: the id orders go to. placed: told when orders were staged. */
export function trading({ account, placed }) {
  box.addEventListener("input", search);
  box.addEventListener("keydown", steer);
  box.addEventListener("blur", shut);
  at("type").addEventListener("change", fit);
  fit();

  async function review() {
    const problem = at("order-why");
    problem.textContent = "";
    at("review").disabled = true;
    try {
      const said = await write("POST", "/api/tickets", wanted(account()), newWord());
      showTicket(said.ticket, said.message, (ticket, message) => {
        say(message ?? `Order sent: ${ticket.transactionType} ${ticket.symbol}.`);
        clear(); // what was sent does not lie there for a second press
        placed();
      }, review);
    } catch (error) {
      problem.textContent = why(error);
    } finally {
      at("review").disabled = false;
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    review();
  });
}

/** Fills the form, as when a position is to be closed. */
export function prefill({ symbol, exchange, side, quantity, product }) {
  clear();
  box.value = symbol;
  chosen = { symbol, exchange };
  at("chosen").textContent = exchange;
  at("quantity").value = quantity;
  at("product").value = product;
  form.elements.side.value = side;
}
