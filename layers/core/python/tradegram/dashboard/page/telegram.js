// What Telegram gives a Mini App, read from the address as it documents it; its script is not loaded.

/** {door, initData, theme} of the address, which is cleaned of them at once. */
export function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  let theme = {};
  try {
    theme = JSON.parse(given.get("tgWebAppThemeParams") ?? "{}") ?? {};
  } catch {
    theme = {};
  }
  return { door: given.get("door"), initData: given.get("tgWebAppData"), theme };
}

const COLOUR = /^#[0-9a-f]{6}$/i;

function brightness(colour) {
  const part = (from) => {
    const share = parseInt(colour.slice(from, from + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

/** Telegram's ground decides between light and dark; its own colours are taken where all is legible. */
export function dress(theme) {
  const ground = theme.bg_color;
  if (!COLOUR.test(ground ?? "")) return;
  const level = brightness(ground);
  document.getElementById("dark").media = level < 0.2 ? "all" : "not all";
  if (level < 0.02 || level > 0.9) document.documentElement.style.setProperty("--sheet", ground);
}

/** Telegram's window is told that the page is there, and may fill it. */
export function ready() {
  const proxy = window.TelegramWebviewProxy;
  proxy?.postEvent("web_app_ready", "{}");
  proxy?.postEvent("web_app_expand", "{}");
}
