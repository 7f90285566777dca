// What was made: figures, the curve, and a calendar of days.

import { at, el } from "./build.js";
import { get } from "./desk.js";
import { brief, gain, money, number, percent, wayOf } from "./words.js";
import { AreaSeries, createChart } from "./lightweight-charts.mjs";

// The chart knows no zones: times are moved so that its clock is the reader's.
const here = (iso) => {
  const at_ = new Date(iso);
  return Math.floor(at_.getTime() / 1000) - at_.getTimezoneOffset() * 60;
};
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
let shown = "";
let chart = null;

export const forgetResults = () => { shown = ""; };

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function curve(result) {
  const place = el("div", { class: "curve", role: "img",
    "aria-label": `Net over time, ending at ${money(result.net, result.currency)}` });
  const points = new Map(result.curve.map((one) => [here(one.time), one.value]));
  const line = [[here(result.curve[0].time) - 1, 0], ...points]; // it begins with nothing made
  queueMicrotask(() => {
    chart = createChart(place, {
      autoSize: true,
      layout: { background: { color: colour("--sheet") }, textColor: colour("--quiet"), attributionLogo: false },
      grid: { vertLines: { visible: false }, horzLines: { color: colour("--line") } },
      rightPriceScale: { borderVisible: false },
      timeScale: { borderVisible: false, timeVisible: true },
      handleScroll: false,
      handleScale: false,
      localization: { locale: "en-IN" },
    });
    const ink = colour(result.net < 0 ? "--down" : "--up");
    const series = chart.addSeries(AreaSeries, {
      lineColor: ink, topColor: `${ink}40`, bottomColor: `${ink}05`, lineWidth: 2,
      priceLineVisible: false,
    });
    series.setData(line.map(([time, value]) => ({ time, value })));
    chart.timeScale().fitContent();
  });
  return place;
}

function cell(day, made, currency) {
  if (!made) return el("td", {}, el("span", { class: "quiet" }, String(day)));
  return el("td", { class: `day-cell ${wayOf(made.net)}`, title: `${gain(made.net, currency)}, ${made.trades} trades` },
    el("span", {}, String(day)), el("b", {}, brief(made.net)));
}

/** One month as a table, Monday first. month: 2026-11. */
function month(name, days, currency) {
  const [year, number_] = name.split("-").map(Number);
  const first = new Date(Date.UTC(year, number_ - 1, 1));
  const length = new Date(Date.UTC(year, number_, 0)).getUTCDate();
  const before = (first.getUTCDay() + 6) % 7;
  const cells = [...Array(before).fill(0), ...Array(length).keys()].map((day, i) =>
    (i < before ? el("td") : cell(day + 1, days.get(`${name}-${String(day + 1).padStart(2, "0")}`), currency)));
  const weeks = [];
  for (let from = 0; from < cells.length; from += 7) {
    weeks.push(el("tr", {}, cells.slice(from, from + 7)));
  }
  const title = first.toLocaleDateString("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });
  return el("table", { class: "calendar" }, el("caption", {}, title),
    el("thead", {}, el("tr", {}, WEEKDAYS.map((day) => el("th", { scope: "col" }, day)))),
    el("tbody", {}, weeks));
}

function figures(result) {
  const parts = [
    ["Net", el("b", { class: wayOf(result.net) }, gain(result.net, result.currency))],
    ["Realised", gain(result.realised, result.currency)],
    ["Charges", money(result.charges, result.currency)
      + (result.estimated ? ` (${result.estimated} estimated)` : "")],
    ["Trades", number(result.trades)],
    ["Won", result.winRate === undefined ? "–" : percent(result.winRate * 100).replace("+", "")],
    ["Drawdown", money(result.drawdown, result.currency)],
  ];
  return el("dl", { class: "figures" }, parts.map(([name, value]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function part(result) {
  const days = new Map(result.days.map((one) => [one.day, one]));
  const months = [...new Set([...days.keys()].map((day) => day.slice(0, 7)))].reverse().slice(0, 12);
  return [figures(result), result.curve.length ? curve(result) : null,
    el("div", { class: "calendars" }, months.map((one) => month(one, days, result.currency)))];
}

export async function showResults(account) {
  const said = await get("/api/pnl", { account, period: at("period").value });
  const look = JSON.stringify(said);
  if (look === shown) return;
  shown = look;
  chart?.remove();
  chart = null;
  const parts = said.results.flatMap((one) => part(one)).filter(Boolean);
  if (said.note) parts.push(el("p", { class: "note" }, said.note));
  if (!said.results.length) parts.push(el("p", { class: "note" }, "Nothing was traded."));
  at("results").replaceChildren(...parts);
}

// The chart is painted, not styled: it takes the new colours by being made anew.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", forgetResults);
