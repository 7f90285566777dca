// Elements out of values. Nothing here, or anywhere on the page, reads markup out of text.

/** A new element; `given` are its attributes, with functions as listeners: {class, onclick, ...}. */
export function el(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (name === "value") made.value = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

export const at = (id) => document.getElementById(id);

/**
 * Have `place` show `items`: what did not change stays as it is, so that neither focus nor a
 * half-read line is lost when the market moves.
 */
export function show(place, items, keyOf, make) {
  const before = new Map([...place.children].map((child) => [child.dataset.key, child]));
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  const held = focused && [focused.closest("[data-key]")?.dataset.key, focused.dataset.act];
  const after = items.map((item) => {
    const key = String(keyOf(item));
    const look = JSON.stringify(item);
    const old = before.get(key);
    if (old && old.look === look) return old;
    const made = make(item);
    made.dataset.key = key;
    made.look = look;
    return made;
  });
  if (after.length !== place.children.length || after.some((one, i) => place.children[i] !== one)) {
    place.replaceChildren(...after);
  }
  if (!held || !held[1] || place.contains(document.activeElement)) return;
  const row = [...place.children].find((child) => child.dataset.key === held[0]);
  row?.querySelector(`[data-act="${CSS.escape(held[1])}"]`)?.focus();
}

/** A row of a table whose cells say their column's name where there is no room for a head. */
export function row(cells) {
  return el("tr", {}, cells.map(([label, content, kind]) =>
    el("td", { "data-label": label, class: kind }, content)));
}

export function say(words, kind = "") {
  const place = at("said");
  const line = el("p", { class: `toast ${kind}` }, words);
  place.append(line);
  while (place.children.length > 3) place.firstChild.remove();
  setTimeout(() => line.remove(), kind === "bad" ? 12000 : 6000);
}
