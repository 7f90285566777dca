// Changing what holds: limits, and what a strategy may do. Less safe only with a code or PIN.

import { accounts } from "./accounts.js";
import { at, el, say, show } from "./build.js";
import { write } from "./desk.js";
import { field, question, why } from "./dialog.js";
import { gain, number, wayOf } from "./words.js";

const WAYS = {
  off: "off: its signals are turned down", paper: "paper: simulated money",
  ask: "ask: in the chat, before each order", auto: "auto: by itself, within your limits",
};

// -- the code or PIN -----------------------------------------------------------------------------

function codeField() {
  const made = field("code", "Code of your authenticator, or your PIN", "", {
    type: "password", inputmode: "numeric", maxlength: 6, autocomplete: "one-time-code",
  });
  made.hidden = true;
  return made;
}

/** Asked for when the desk wants it; what was tried is not kept in the field. */
async function proven(run) {
  const code = at("code");
  const given = code.value.trim();
  code.value = "";
  try {
    return await run(given ? { code: given } : {});
  } catch (error) {
    if (error.code === "NEEDS_PROOF") {
      code.closest(".field").hidden = false;
      code.focus();
    }
    throw error;
  }
}

const RULES = {
  signal: "as much as the signal says", quantity: "units", lots: "lots", money: "of money",
  percent: "% of what is free",
};

const choice = (id, label, options, chosen) => el("div", { class: "field" },
  el("label", { for: id }, label),
  el("select", { id }, options.map(([value, words]) =>
    el("option", { value, selected: value === chosen }, words))));

const button = (act, label, named, run) => el("button", {
  type: "button", class: "small", "data-act": act, "aria-label": `${label} ${named}`, onclick: run,
}, label);

// -- limits --------------------------------------------------------------------------------------

function changeLimit(one, account, changed) {
  const set = [["yours", one.yours], [`#${account.name}'s`, one.accounts]]
    .filter(([, value]) => value !== undefined).map(([whose, value]) => `${whose} ${value}`);
  question(`Change: ${one.title}`, [
    el("p", {}, `Now ${one.value}${set.length ? ` (${set.join(", ")})` : ""}.`),
    field("limit-value", "New value", "", { maxlength: 1000, placeholder: one.example, required: true }),
    choice("limit-whose", "For", [
      ["", "me, on all accounts"], [account.accountId, `everybody, on #${account.name}`],
    ], ""),
    el("p", { class: "note" }, el("code", {}, "off"), " takes a limit away where that can be; ",
      el("code", {}, "default"), " goes back to the desk's own."),
    codeField(),
  ], "Set the limit", "", () => proven((code) => write("PUT", `/api/limits/${one.name}`, {
    value: at("limit-value").value.trim(), account: at("limit-whose").value || undefined, ...code,
  })), changed);
}

export function showLimits(limits, account, mayTrade, changed) {
  at("killed").textContent = limits.killed ? "The kill switch is on: nothing is sent." : "";
  // Whose they are is part of what a line is: a button must not speak of another account.
  const lines = limits.limits.map((one) => ({ ...one, of: account.accountId }));
  show(at("limits"), lines, (one) => one.name, (one) => el("li", {},
    el("span", {}, one.title, one.today ? el("small", {}, `today ${one.today}`) : null),
    el("span", {}, el("b", {}, one.value), mayTrade
      ? button("change", "Change", one.title, () => changeLimit(one, account, changed)) : null)));
}

// -- strategies ----------------------------------------------------------------------------------

const pathOf = (one) => `/api/strategies/${encodeURIComponent(one.name)}`;

async function turnOff(one, changed) {
  try {
    await write("PUT", pathOf(one), { way: "off" });
    say(`${one.name} is off.`);
    changed();
  } catch (error) {
    say(why(error), "bad");
  }
}

/** What is different only, so that a look at the form changes nothing. Throws Error. */
function said(one) {
  const wanted = { way: at("way").value };
  if (at("strategy-account").value !== one.account) wanted.account = at("strategy-account").value;
  if (at("strategy-side").value !== one.side) wanted.side = at("strategy-side").value;
  const rule = at("rule").value;
  const size = rule === "signal" ? 0 : Number(at("size").value.replaceAll(",", ""));
  if (rule !== "signal" && !(size > 0)) {
    at("size").focus();
    throw new Error("How much? The size is a number above 0.");
  }
  if (rule !== one.rule || size !== one.size) {
    wanted.rule = rule;
    if (rule !== "signal") wanted.size = size;
  }
  return wanted;
}

function changeStrategy(one, changed) {
  const named = accounts().map((each) => [each.accountId, `#${each.name}`]);
  const known = named.some(([id]) => id === one.account);
  const size = field("size", "Size", one.size || "", { inputmode: "decimal" });
  const fit = () => { size.hidden = at("rule").value === "signal"; };
  question(`What may ${one.name} do?`, [
    choice("way", "Its signals", Object.entries(WAYS), one.way),
    choice("strategy-account", "In the account", [["", "of the instrument's region"],
      ...(known || !one.account ? [] : [[one.account, one.account]]), ...named], one.account),
    choice("rule", "One signal trades", Object.entries(RULES), one.rule), size,
    choice("strategy-side", "Where a signal says no side", [["", "turn it down"],
      ["BUY", "buy"], ["SELL", "sell"]], one.side),
    codeField(),
  ], "Set it", "", () => proven((code) => write("PUT", pathOf(one), { ...said(one), ...code })),
  changed);
  at("rule").addEventListener("change", fit);
  fit();
}

/** `#main · 2 lots · BUY`, in few words. */
function manner(one) {
  const named = accounts().find((each) => each.accountId === one.account)?.name ?? one.account;
  const words = one.rule === "lots" && one.size === 1 ? "lot" : RULES[one.rule];
  const size = one.rule === "signal" ? "size by signal" : `${number(one.size)} ${words}`;
  const where = one.way === "paper" ? "on paper" : "by region";
  return [named ? `#${named}` : where, size, one.side].filter(Boolean).join(" · ");
}

export function showStrategies(strategies, mayTrade, changed) {
  at("no-strategies").hidden = strategies.length > 0;
  show(at("strategies"), strategies, (one) => one.name, (one) => {
    const results = one.results.map((each) =>
      el("span", { class: wayOf(each.net) }, gain(each.net, each.currency), " "));
    return el("li", {}, el("span", {}, el("b", {}, one.name),
      el("small", {}, manner(one)), el("small", {}, `${number(one.sent)} sent, ${number(one.asked)} asked, ${number(one.denied)} denied`)),
    el("span", {}, results, el("span", { class: "badge" }, one.way), mayTrade ? el("span", { class: "acts" },
      one.way === "off" ? null : button("off", "Turn off", one.name, () => turnOff(one, changed)),
      button("way", "Change", one.name, () => changeStrategy(one, changed))) : null));
  });
}
