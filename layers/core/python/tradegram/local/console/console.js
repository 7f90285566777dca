"use strict";

// The page keeps no truth: messages and panel come from the server, and a press only repeats the
// data of its button. All markup is made element by element; text is never read as HTML.

const LONGEST_LOG = 300;
const QUIET_TOO_LONG = 40000; // ms; the server gives a sign of life every 15 s
const RETRY = [500, 1000, 2000, 4000]; // ms

const $ = (id) => document.getElementById(id);
const log = $("log");
const text = $("text");
const shown = new Map(); // number -> { values, item }
const recall = { said: [], at: 0, draft: "" };
let latest = 0; // highest revision seen
let clockAhead = 0; // seconds the server's clock is ahead of ours

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// -- talking to the server ------------------------------------------------------------------

async function post(path, values) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Tradegram": "1" },
      body: JSON.stringify(values),
    });
  } catch {
    throw new Error("The console does not answer. Is tradegram running? Look at Orders before you repeat it.");
  }
  if (answer.status === 401) location.reload();
  const body = await answer.json().catch(() => ({ error: "The console's answer could not be read." }));
  if (!answer.ok) throw new Error(body.error);
  body.messages?.forEach(show);
  return body;
}

async function say(words) {
  if (!words.trim()) return;
  view("chat");
  remember(words);
  try {
    await post("/console/say", { text: words });
  } catch (error) {
    if (!text.value) text.value = words;
    toast(error.message);
  }
  toBottom();
}

async function press(values, button, keys) {
  const buttons = keys.querySelectorAll("button");
  buttons.forEach((each) => { each.disabled = true; });
  try {
    const done = await post("/console/press", { message: values.name, data: button.data });
    if (done.toast && done.alert) alertWith(done.toast);
    else if (done.toast) toast(done.toast);
  } catch (error) {
    toast(error.message);
  } finally {
    buttons.forEach((each) => { each.disabled = false; });
  }
}

// -- one message ----------------------------------------------------------------------------

const TAGS = { b: "strong", i: "em", u: "u", s: "s", code: "code", pre: "pre", blockquote: "blockquote" };

function built(node) {
  if (typeof node === "string") return document.createTextNode(node);
  const [tag, attributes, children] = node;
  const inside = children.map(built);
  if (tag in TAGS) return make(TAGS[tag], {}, ...inside);
  if (tag === "tg-time") return time(attributes, inside);
  if (tag === "tg-spoiler") return spoiler(inside);
  if (tag === "a" && /^(https?|tg):/i.test(attributes.href)) {
    return make("a", { href: attributes.href, target: "_blank", rel: "noopener noreferrer" }, ...inside);
  }
  return make("span", {}, ...inside);
}

function spoiler(inside) {
  const cover = make("button", {
    type: "button",
    class: "spoiler",
    "aria-expanded": "false",
    "aria-label": "Hidden; press to show",
    onclick: () => {
      cover.setAttribute("aria-expanded", "true");
      cover.removeAttribute("aria-label");
    },
  }, ...inside);
  return cover;
}

function time({ unix, format }, inside) {
  const at = Number(unix);
  const element = make("time", { datetime: new Date(at * 1000).toISOString() }, ...inside);
  if (format && format.includes("r")) {
    element.title = element.textContent;
    element.dataset.relative = unix;
    element.setAttribute("role", "timer");
    element.setAttribute("aria-live", "off");
    tick(element);
  }
  return element;
}

function tick(element) {
  const left = Math.round(Number(element.dataset.relative) - Date.now() / 1000 - clockAhead);
  const words = left > 0 ? `in ${span(left)}` : left > -1 ? "now" : `${span(-left)} ago`;
  if (element.textContent !== words) element.textContent = words;
}

function span(seconds) {
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

function keys(values) {
  const rows = make("div", { class: "keys" });
  for (const row of values.buttons) {
    rows.append(make("div", {}, ...row.map((button) => make("button", {
      type: "button",
      class: button.style,
      onclick: () => {
        if (button.url) open(button.url, "_blank", "noopener");
        else if (button.copy) copy(button.copy);
        else press(values, button, rows);
      },
    }, button.label))));
  }
  return rows;
}

function quoted(values) {
  const other = shown.get(Number(values.reply_to.split(":").pop()));
  if (!other) return [];
  return [make("button", {
    type: "button",
    class: "answers",
    "aria-label": "Go to the message this answers",
    onclick: () => toTop(other.item),
  }, other.values.plain.split("\n")[0])];
}

function content(values) {
  const bubble = make("div", { class: "bubble" }, ...quoted(values));
  if (values.picture) bubble.append(make("img", { src: values.picture, alt: values.plain.split("\n")[0] || "Picture" }));
  if (values.file) bubble.append(make("a", { class: "file", href: values.file, download: values.file_name }, `⬇ ${values.file_name}`));
  bubble.append(make("span", { class: "unseen" }, values.mine ? "You: " : "Desk: "));
  bubble.append(...values.nodes.map(built));
  const at = new Date(values.at * 1000);
  bubble.append(make("time", { class: "said-at", datetime: at.toISOString() },
    at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })));
  return values.buttons.length ? [bubble, keys(values)] : [bubble];
}

function show(values) {
  latest = Math.max(latest, values.revision);
  const known = shown.get(values.number);
  if (known && known.values.revision >= values.revision) return;
  const follow = atBottom();
  const item = known?.item ?? make("li", { "data-number": values.number });
  item.className = `message${values.mine ? " mine" : ""}${known ? " changed" : ""}`;
  item.replaceChildren(...content(values));
  shown.set(values.number, { values, item });
  if (!known) place(item, values.number);
  if (values.mine && !known) remember(values.plain);
  if (follow || values.mine) toBottom();
  else if (!known) $("newer").hidden = false;
}

function place(item, number) {
  let before = log.lastElementChild;
  while (before && Number(before.dataset.number) > number) before = before.previousElementSibling;
  if (before) before.after(item);
  else log.prepend(item);
  while (log.children.length > LONGEST_LOG) {
    shown.delete(Number(log.firstElementChild.dataset.number));
    log.firstElementChild.remove();
  }
}

function atBottom() {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 120;
}

// Not scrollIntoView: that would move the whole page too.
function toTop(item) {
  log.scrollTop += item.getBoundingClientRect().top - log.getBoundingClientRect().top - 8;
}

function toBottom() {
  log.scrollTop = log.scrollHeight;
  const last = log.lastElementChild;
  // A long answer is read from its beginning.
  if (last && last.offsetHeight > log.clientHeight) toTop(last);
  $("newer").hidden = true;
}

// -- toasts, alerts, the clipboard ----------------------------------------------------------

let toastEnds = 0;

function toast(words) {
  $("toast").textContent = words;
  clearTimeout(toastEnds);
  toastEnds = setTimeout(() => { $("toast").textContent = ""; }, 2500 + 40 * words.length);
}

function alertWith(words) {
  $("alert-text").textContent = words;
  if (!$("alert").open) $("alert").showModal();
}

async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    // Pages that did not come over TLS or loopback have no clipboard of the new kind.
    const field = make("textarea", { class: "unseen" });
    field.value = words;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  toast(`Copied ${words}`);
}

// -- the composer ---------------------------------------------------------------------------

function remember(words) {
  if (recall.said.at(-1) !== words) recall.said.push(words);
  if (recall.said.length > 100) recall.said.shift();
  recall.at = recall.said.length;
}

function step(by) {
  if (recall.at === recall.said.length) recall.draft = text.value;
  recall.at = Math.min(Math.max(recall.at + by, 0), recall.said.length);
  text.value = recall.said[recall.at] ?? recall.draft;
  text.setSelectionRange(text.value.length, text.value.length);
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const words = text.value;
  text.value = "";
  say(words);
});
text.addEventListener("keydown", (event) => {
  if (event.isComposing || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
  event.preventDefault();
  step(event.key === "ArrowUp" ? -1 : 1);
});
$("tries").addEventListener("click", (event) => {
  if (event.target.matches("button")) say(event.target.textContent);
});
$("newer").addEventListener("click", toBottom);
log.addEventListener("scroll", () => { if (atBottom()) $("newer").hidden = true; });

function view(name) {
  document.body.dataset.view = name;
  for (const tab of document.querySelectorAll(".tabs button")) {
    if (tab.dataset.view === name) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
  if (name === "chat") toBottom();
}
document.querySelector(".tabs").addEventListener("click", (event) => {
  const tab = event.target.closest("button");
  if (tab) view(tab.dataset.view);
});

// -- the panel ------------------------------------------------------------------------------

function put(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function amount(element, { text: words, sign }) {
  put(element, words);
  element.className = sign > 0 ? "up" : sign < 0 ? "down" : "";
}

// Rows are filled in place: a button must not vanish between touch and release.
function rows(table, list, key, build, fill) {
  const body = table.tBodies[0];
  const old = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  list.forEach((values, at) => {
    const row = old.get(key(values)) ?? build(values);
    old.delete(key(values));
    row.dataset.key = key(values);
    fill(row, values);
    if (body.rows[at] !== row) body.insertBefore(row, body.rows[at] ?? null);
  });
  old.forEach((row) => row.remove());
}

function columns(...names) {
  return make("thead", {}, make("tr", {}, ...names.map((name) => make("th", { scope: "col" }, name))));
}

function named(title, onclick) {
  return make("button", { type: "button", class: "name", title, onclick }, make("span"), make("small"));
}

function positionRow(values) {
  const button = named("Write an exit for this position", () => {
    view("chat");
    text.value = `/exit ${values.symbol}`;
    text.focus();
  });
  return make("tr", {}, make("td", {}, button), make("td"),
    make("td", {}, make("span"), make("small")), make("td", {}, make("span"), make("small")));
}

function fillPosition(row, values) {
  const [name, quantity, price, profit] = row.cells;
  row.className = values.open ? "" : "closed";
  put(name.querySelector("span"), values.symbol);
  put(name.querySelector("small"), `${values.exchange} · ${values.product}`);
  put(quantity, values.open ? values.quantity : "closed");
  put(price.querySelector("span"), values.last);
  put(price.querySelector("small"), values.open ? `avg ${values.average}` : "");
  amount(profit.querySelector("span"), values.profit);
  put(profit.querySelector("small"), values.partial ? "no price now" : "");
}

function orderRow(values) {
  const button = named("Show this order in the chat", () => say(`/order ${values.key}`));
  return make("tr", {}, make("td", {}, button),
    make("td", { class: "left" }, make("span"), " ", make("b"), make("small")),
    make("td", {}, make("strong"), make("small"), make("small")));
}

function fillOrder(row, values) {
  const [name, terms, state] = row.cells;
  row.className = values.working ? "working" : "";
  put(name.querySelector("span"), values.symbol);
  put(name.querySelector("small"), values.at);
  put(terms.querySelector("span"), values.side);
  terms.querySelector("span").className = values.side === "BUY" ? "buy" : "sell";
  put(terms.querySelector("b"), values.quantity);
  put(terms.querySelector("small"), `${values.terms} · ${values.product}`);
  put(state.querySelector("strong"), `${values.mark} ${values.state}`);
  const [filled, note] = state.querySelectorAll("small");
  put(filled, values.filled);
  put(note, values.note);
}

function fundRow() {
  return make("tr", {}, make("td"), make("td"), make("td"));
}

function fillFund(row, values) {
  put(row.cells[0], values.available);
  put(row.cells[1], values.used);
  put(row.cells[2], values.balance);
}

const parts = new Map(); // account id -> its elements in the three sections

function part(account) {
  if (parts.has(account.id)) return parts.get(account.id);
  const made = {
    funds: make("div", {}, make("h3"), make("p", { class: "trouble", hidden: "" }),
      make("table", { class: "funds", "aria-label": `Funds of ${account.name}` }, columns("Available", "Used", "Balance"), make("tbody"))),
    positions: make("div", {}, make("h3"),
      make("p", { class: "empty" }, "No positions. A filled order shows up here."),
      make("table", { "aria-label": `Positions of ${account.name}` }, columns("Instrument", "Quantity", "Last", "P&L"), make("tbody"))),
    orders: make("div", {}, make("h3"),
      make("p", { class: "empty" }, "No orders yet. Try /buy RELIANCE 10."),
      make("table", { "aria-label": `Orders of ${account.name}` }, columns("Instrument", "Order", "State"), make("tbody"))),
  };
  made.orders.querySelectorAll("th")[1].className = "left";
  for (const name of Object.keys(made)) $(name).querySelector(".body").append(made[name]);
  parts.set(account.id, made);
  return made;
}

function fillAccount(account, several) {
  const { funds, positions, orders } = part(account);
  for (const section of [funds, positions, orders]) {
    put(section.querySelector("h3"), account.id);
    section.querySelector("h3").hidden = !several;
  }
  const trouble = funds.querySelector(".trouble");
  put(trouble, account.error);
  trouble.hidden = !account.error;
  rows(funds.querySelector("table"), account.funds, (each) => each.currency, fundRow, fillFund);
  rows(positions.querySelector("table"), account.positions,
    (each) => `${each.exchange}:${each.symbol}:${each.product}`, positionRow, fillPosition);
  rows(orders.querySelector("table"), account.orders, (each) => each.key, orderRow, fillOrder);
  for (const [section, list] of [[positions, account.positions], [orders, account.orders]]) {
    section.querySelector(".empty").hidden = list.length > 0 || Boolean(account.error && section === positions);
    section.querySelector("table").hidden = list.length === 0;
  }
  funds.querySelector("table").hidden = account.funds.length === 0;
}

function fillPanel(values) {
  if (values.error) toast(values.error);
  if (!values.accounts.length) return;
  const ids = new Set(values.accounts.map((each) => each.id));
  for (const [id, made] of parts) {
    if (ids.has(id)) continue;
    Object.values(made).forEach((each) => each.remove());
    parts.delete(id);
  }
  values.accounts.forEach((each) => fillAccount(each, values.accounts.length > 1));
  const modes = [...new Set(values.accounts.map((each) => each.mode))].sort();
  $("modes").replaceChildren(...modes.map((mode) => make("span", { class: `badge ${mode.toLowerCase()}` }, mode)));
  $("source").hidden = !modes.includes("PAPER");
  const profit = values.accounts.flatMap((each) => each.profit);
  $("day").replaceChildren(...(profit.length ? [make("small", {}, "Day P&L ")] : []), ...profit.flatMap((each) => {
    const element = make("span");
    amount(element, each);
    return [element, " "];
  }));
  const working = values.accounts.flatMap((each) => each.orders).filter((each) => each.working);
  const open = values.accounts.flatMap((each) => each.positions).filter((each) => each.open);
  put($("count-orders"), working.length ? String(working.length) : "");
  put($("count-positions"), open.length ? String(open.length) : "");
}

// -- live -----------------------------------------------------------------------------------

let source = null;
let heardAt = 0;
let tries = 0;

function link(state, words) {
  $("link").dataset.state = state;
  put($("link"), words);
}

function heard(event) {
  heardAt = Date.now();
  tries = 0;
  link("live", "live");
  const values = JSON.parse(event.data);
  if (values.now) clockAhead = values.now - Date.now() / 1000;
  return values;
}

function listen() {
  heardAt = Date.now();
  source = new EventSource(`/console/events?after=${latest}`);
  source.addEventListener("message", (event) => show(heard(event)));
  source.addEventListener("panel", (event) => fillPanel(heard(event)));
  source.addEventListener("alive", heard);
  source.addEventListener("error", again);
}

function again() {
  source.close();
  link("lost", "reconnecting");
  setTimeout(async () => {
    const answer = await fetch("/console/messages").catch(() => null);
    if (answer?.status === 401) location.reload();
    else if (answer?.ok) listen();
    else again();
  }, RETRY[Math.min(tries++, RETRY.length - 1)]);
}

setInterval(() => document.querySelectorAll("[data-relative]").forEach(tick), 500);
setInterval(() => {
  if (source?.readyState === EventSource.OPEN && Date.now() - heardAt > QUIET_TOO_LONG) again();
}, 5000);

async function begin() {
  const answer = await fetch("/console/messages").catch(() => null);
  const messages = answer?.ok ? (await answer.json()).messages : [];
  messages.forEach(show);
  toBottom();
  listen();
  if (answer?.ok && !messages.length) say("/start");
  if (matchMedia("(hover: hover)").matches) text.focus();
}

begin();
