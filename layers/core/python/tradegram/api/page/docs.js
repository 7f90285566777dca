// Shows the OpenAPI document of this desk and sends what is tried. Everything from the document
// is put into the page as text, never as markup.
"use strict";

const made = (name, text = "", kind = "") => {
  const element = document.createElement(name);
  element.textContent = text;
  if (kind) element.className = kind;
  return element;
};

let whole;

const deref = (schema) =>
  schema.$ref ? whole.components.schemas[schema.$ref.split("/").pop()] : schema;

function kindOf(schema) {
  if (schema.$ref) return kindOf(deref(schema));
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.anyOf) {
    return [...new Set(schema.anyOf.filter((one) => one.type !== "null").map(kindOf))].join(" or ");
  }
  if (schema.type === "array") return `list of ${schema.items.title || kindOf(schema.items)}`;
  return schema.format || schema.title && schema.type === "object" && schema.title || schema.type || "any";
}

function fields(schema) {
  const found = deref(schema);
  const table = made("table");
  const head = made("tr");
  for (const word of ["field", "", "kind"]) head.append(made("th", word));
  table.append(head);
  for (const [name, one] of Object.entries(found.properties || {})) {
    const row = made("tr");
    const named = made("td");
    named.append(made("code", name));
    const needed = (found.required || []).includes(name) ? "required" : "";
    row.append(named, made("td", needed), made("td", kindOf(one)));
    table.append(row);
  }
  const box = made("div", "", "scroll");
  if (found.description) box.append(made("p", found.description, "quiet"));
  box.append(table);
  return box;
}

function input(form, name, label, value, many = false) {
  const id = `${form.dataset.name}-${name}`;
  const field = made(many ? "textarea" : "input");
  field.id = id;
  field.value = value;
  const words = made("label", label);
  words.htmlFor = id;
  form.append(words, field);
  return field;
}

async function send(method, path, operation, places, body, told) {
  let address = path;
  const query = new URLSearchParams();
  for (const [parameter, field] of places) {
    if (parameter.in === "path") {
      address = address.replace(`{${parameter.name}}`, encodeURIComponent(field.value));
    } else if (parameter.in === "query" && field.value) query.set(parameter.name, field.value);
  }
  const headers = { Authorization: `Bearer ${document.getElementById("key").value}` };
  for (const [parameter, field] of places) {
    if (parameter.in === "header" && field.value) headers[parameter.name] = field.value;
  }
  if (body && body.value.trim()) headers["Content-Type"] = "application/json";
  told.textContent = "…";
  try {
    const answer = await fetch(`${address}${query.size ? `?${query}` : ""}`, {
      method, headers, body: body && body.value.trim() ? body.value : undefined,
      credentials: "omit",
    });
    told.className = answer.ok ? "" : "failed";
    told.textContent = `${answer.status}\n${JSON.stringify(await answer.json(), null, 2)}`;
  } catch (error) {
    told.className = "failed";
    told.textContent = `Nothing was heard from the desk: ${error.message}`;
  }
}

function tryIt(method, path, operation) {
  const form = made("form");
  form.dataset.name = operation.operationId;
  const places = (operation.parameters || []).map((parameter) => [
    parameter,
    input(form, parameter.name, `${parameter.name} (${parameter.in}${parameter.required ? ", required" : ""})`,
      parameter.example || ""),
  ]);
  const content = operation.requestBody && operation.requestBody.content["application/json"];
  const example = content && content.example ? JSON.stringify(content.example, null, 2) : "";
  const body = content ? input(form, "body", "body", example, true) : null;
  const told = made("pre");
  told.setAttribute("aria-live", "polite");
  told.tabIndex = 0;
  form.append(made("button", `Send ${method}`), told);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(method, path, operation, places, body, told);
  });
  return form;
}

function endpoint(method, path, operation) {
  const box = made("details");
  box.id = operation.operationId;
  const head = made("summary");
  head.append(made("span", method, `method ${method.toLowerCase()}`), ` ${path} · ${operation.summary}`);
  box.append(head);
  if (operation.description) box.append(made("p", operation.description));
  if (operation["x-scope"]) box.append(made("p", `Right: ${operation["x-scope"]}`, "quiet"));
  const content = operation.requestBody && operation.requestBody.content["application/json"];
  if (content) box.append(made("h3", "Body"), fields(content.schema));
  for (const [status, answer] of Object.entries(operation.responses)) {
    if (!status.startsWith("2")) continue;
    box.append(made("h3", `Answer ${status}`), fields(answer.content["application/json"].schema));
  }
  box.append(made("h3", "Try it"), tryIt(method, path, operation));
  return box;
}

async function start() {
  whole = await (await fetch("/api/openapi.json")).json();
  document.getElementById("about").textContent = whole.info.description;
  const main = document.getElementById("endpoints");
  main.replaceChildren();
  for (const tag of whole.tags) {
    main.append(made("h2", tag.name), made("p", tag.description, "quiet"));
    for (const [path, methods] of Object.entries(whole.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        if (operation.tags.includes(tag.name)) main.append(endpoint(method.toUpperCase(), path, operation));
      }
    }
  }
}

document.getElementById("key-form").addEventListener("submit", (event) => event.preventDefault());
start();
