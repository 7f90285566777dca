// One question at a time, above the page.

import { at, el } from "./build.js";

const dialog = at("dialog");
let leave = () => {};

/** Shows parts below a title; closed: called once when it is gone, whoever closed it. */
export function open(title, parts, closed = () => {}) {
  close();
  dialog.replaceChildren(el("h2", { id: "title-dialog" }, title), ...parts);
  leave = closed;
  dialog.showModal();
}

export function close() {
  if (dialog.open) dialog.close();
}

dialog.addEventListener("close", () => {
  const told = leave;
  leave = () => {};
  told();
});

export const keys = (...buttons) => el("div", { class: "keys" }, buttons);

export function why(error) {
  return [error.message, error.hint].filter(Boolean).join(" ");
}
