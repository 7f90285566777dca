// One question at a time, above the page.

import { at, el, say } from "./build.js";

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

export const field = (id, label, value, given = {}) => el("div", { class: "field" },
  el("label", { for: id }, label), el("input", { id, value, autocomplete: "off", ...given }));

/** A form above the page. run: does what `label` says, or throws why not; done: told afterwards. */
export function question(title, parts, label, kind, run, done) {
  const problem = el("p", { class: "why", role: "alert" });
  const yes = el("button", { type: "submit", class: `go ${kind}` }, label);
  const form = el("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      yes.disabled = true;
      try {
        const said = await run();
        close();
        if (said.message) say(said.message);
        done();
      } catch (error) {
        problem.textContent = why(error);
        yes.disabled = false;
      }
    },
  }, parts, problem, keys(
    yes, el("button", { type: "button", class: "plain", onclick: close }, "Leave it as it is"),
  ));
  open(title, [form]);
}
