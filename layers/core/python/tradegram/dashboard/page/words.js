// How amounts, times and states are written.

const grouped = (digits) => new Intl.NumberFormat("en-IN", {
  minimumFractionDigits: digits, maximumFractionDigits: Math.max(digits, 2),
});
const two = grouped(2);
const units = new Intl.NumberFormat("en-IN", { maximumFractionDigits: 8 });
const fine = new Intl.NumberFormat("en-IN", { minimumFractionDigits: 2, maximumFractionDigits: 8 });
const plain = new Intl.NumberFormat("en-IN", { minimumFractionDigits: 2, maximumFractionDigits: 4 });
const short = new Intl.NumberFormat("en-IN", {
  notation: "compact", maximumFractionDigits: 1, signDisplay: "exceptZero",
});
const SIGNS = { INR: "₹", USD: "$" };
const MINUS = "−";

export const number = (value) => units.format(value).replace("-", MINUS);
/** An average of fills has digits without end; below 1 they are what the price is made of. */
export const price = (value) => (value === undefined || value === null
  ? "–" : (Math.abs(value) < 1 ? fine : plain).format(value));

export function money(value, currency = "INR") {
  if (value === undefined || value === null) return "–";
  const sign = SIGNS[currency];
  const minus = value < 0 ? MINUS : "";
  const amount = two.format(Math.abs(value));
  return sign ? `${minus}${sign}${amount}` : `${minus}${amount} ${currency}`;
}

export function gain(value, currency = "INR") {
  if (value === undefined || value === null) return "–";
  return `${value > 0 ? "+" : ""}${money(value, currency)}`;
}

/** For a cell of a calendar: `+1.2L`. */
export const brief = (value) => short.format(value).replace("-", MINUS);

export const percent = (value) =>
  (value === undefined || value === null
    ? "–" : `${value > 0 ? "+" : value < 0 ? MINUS : ""}${two.format(Math.abs(value))}%`);

export const wayOf = (value) => (value > 0 ? "up" : value < 0 ? "down" : "");

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayClock = new Intl.DateTimeFormat("en-GB", {
  day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit",
});
const dayAlone = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short", year: "numeric" });
const isToday = (moment) => moment.toDateString() === new Date().toDateString();

export function when(iso) {
  const moment = new Date(iso);
  const thisYear = moment.getFullYear() === new Date().getFullYear();
  return (isToday(moment) ? clock : thisYear ? dayClock : dayAlone).format(moment);
}

/** All but the last four characters, so that a picture of the screen tells nobody the account. */
export function masked(text) {
  return text.length > 4 ? `••••${text.slice(-4)}` : text;
}
