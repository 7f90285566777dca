// The page: who is signed in, which part is shown, and when it looks again.

import { accounts, current, showAccounts } from "./accounts.js";
import { at, say } from "./build.js";
import { keepProof, own } from "./desk.js";
import { showDesk, showVisits } from "./desk_view.js";
import { why } from "./dialog.js";
import { showHoldings, showMargins, showPositions } from "./holdings.js";
import { follow } from "./live.js";
import { orderBook, showOrders } from "./orders.js";
import { forgetResults, showResults } from "./results.js";
import { showStored } from "./stored.js";
import { dress, readAddress, ready } from "./telegram.js";
import { prefill, trading } from "./trade.js";

let me = null;

// -- in and out ------------------------------------------------------------------------------

/** Who is signed in: by what the address has, or by the cookie. Throws Refused. */
async function enter({ door, initData }) {
  if (door) return own("POST", "enter", { door });
  try {
    return await own("GET", "me");
  } catch (error) {
    if (!initData || error.status !== 401) throw error;
    return own("POST", "enter", { initData });
  }
}

function gate(error) {
  at("whole").hidden = true;
  at("leave").hidden = true;
  at("gate").hidden = false;
  at("link").textContent = "signed out";
  at("link").dataset.state = "lost";
  if (error && error.message) at("gate-why").textContent = why(error);
}

async function leave(everywhere) {
  await own("POST", "leave", { everywhere }).catch(() => {});
  location.reload();
}

// -- looking ---------------------------------------------------------------------------------

function showState(state, words) {
  at("link").dataset.state = state;
  at("link").textContent = words;
}

/** One look at a time; what is asked for meanwhile is looked at afterwards, once. */
function onceAtATime(run) {
  let running = null;
  let again = false;
  return async () => {
    if (running) {
      again = true;
      return running;
    }
    running = (async () => {
      do {
        again = false;
        try {
          await run();
        } catch (error) {
          if (error.status === 0) showState("lost", "no answer");
          else if (error.status !== 401) say(why(error), "bad");
        }
      } while (again);
    })();
    await running;
    running = null;
    return undefined;
  };
}

const close = (one) => {
  prefill({
    symbol: one.symbol, exchange: one.exchange, product: one.product,
    side: one.quantity > 0 ? "SELL" : "BUY", quantity: Math.abs(one.quantity),
  });
  view("trade");
};

const glance = onceAtATime(() => showPositions(accounts(), me.mayTrade ? close : null));
const look = onceAtATime(async () => {
  await showAccounts(look);
  orderBook({ account: current()?.accountId ?? "", mayTrade: me.mayTrade, changed: look });
  await Promise.all([
    showOrders(), showStored(current()?.accountId, me.mayTrade, look), glance(),
    showMargins(accounts()), showHoldings(accounts()),
  ]);
  lookBehind(); // the results of years take seconds, and the order book does not wait for them
});

/** What only one tab shows is asked for while it is shown. */
const lookBehind = onceAtATime(async () => {
  const account = current();
  if (!account) return;
  if (document.body.dataset.view === "results") await showResults(account.accountId);
  if (document.body.dataset.view === "desk") await showDesk(account, me.mayTrade);
});

// -- parts -----------------------------------------------------------------------------------

function view(name) {
  document.body.dataset.view = name;
  for (const tab of document.querySelectorAll(".tabs button")) {
    tab.setAttribute("aria-current", String(tab.dataset.view === name));
  }
  lookBehind();
}

at("period").addEventListener("change", () => {
  forgetResults();
  view("results");
});

for (const tab of document.querySelectorAll(".tabs button")) {
  tab.addEventListener("click", () => view(tab.dataset.view));
}

async function start() {
  const address = readAddress();
  dress(address.theme);
  ready();
  document.addEventListener("signed-out", () => me && gate());
  try {
    me = await enter(address);
  } catch (error) {
    gate(error.status === 401 && !address.door && !address.initData ? null : error);
    return;
  }
  keepProof(me.proof);
  at("whole").hidden = false;
  at("leave").hidden = false;
  at("leave").addEventListener("click", () => leave(false));
  at("leave-here").addEventListener("click", () => leave(false));
  at("leave-all").addEventListener("click", () => leave(true));
  showVisits(me.visits);
  view("trade");
  at("review").disabled = !me.mayTrade;
  if (!me.mayTrade) at("order-why").textContent = "You are a viewer of this desk: you look, and traders trade.";
  trading({
    account: () => current()?.accountId,
    placed: () => { view("orders"); look(); },
  });
  follow({
    look, glance, state: showState, hasEvents: me.live,
    isReal: () => accounts().some((one) => one.mode !== "PAPER"),
  });
  await look();
}

// A link that is opened where the page is open already changes no more than what stands behind the #.
window.addEventListener("hashchange", () => location.hash.length > 1 && location.reload());

start().catch((error) => say(error.message, "bad"));
