// When to look again: at once when the desk says that something changed, else by the clock.

const POLL = 5000; // ms, where no events come
const QUOTES = 2000; // ms: prices move all the time, and are asked for while somebody looks
const QUOTES_LIVE = 10000; // ms: a real broker counts requests

/** look: of what changed by orders. glance: of what the market moves. state: shows the link. */
export function follow({ look, glance, state, hasEvents, isReal }) {
  let timer = 0;
  let events = null;
  let over = false;
  const visible = () => !over && document.visibilityState === "visible";

  function poll() {
    clearInterval(timer);
    state("refreshing", "refreshed every 5 s");
    timer = setInterval(() => visible() && look(), POLL);
  }

  function listen() {
    events = new EventSource("/dashboard/events");
    events.addEventListener("open", () => state("live", "live"));
    events.addEventListener("change", () => look());
    events.addEventListener("left", () => document.dispatchEvent(new Event("signed-out")));
    events.addEventListener("error", () => {
      if (over) return;
      state("lost", "connecting");
      if (events.readyState === EventSource.CLOSED) poll();
    });
  }

  let glanced = 0;
  setInterval(() => {
    if (!visible() || Date.now() - glanced < (isReal() ? QUOTES_LIVE : QUOTES)) return;
    glanced = Date.now();
    glance();
  }, QUOTES / 2);
  document.addEventListener("signed-out", () => {
    over = true;
    events?.close();
    clearInterval(timer);
  });
  document.addEventListener("visibilitychange", () => visible() && look());
  if (hasEvents) listen();
  else poll();
}
