"use strict";

const form = document.getElementById("login");
const said = document.getElementById("said");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  said.textContent = "";
  try {
    const answer = await fetch("/console/login", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Tradegram": "1" },
      body: JSON.stringify({ token: form.token.value }),
    });
    if (answer.ok) {
      location.replace("/");
      return;
    }
    said.textContent = (await answer.json()).error;
  } catch {
    said.textContent = "The console does not answer. Is tradegram running?";
  }
  form.token.select();
});

// Whoever followed a link from elsewhere comes without the cookie, though they may have it: a
// strict cookie is sent only with requests that begin here.
fetch("/console/messages").then((answer) => {
  if (answer.ok) location.replace("/");
}, () => {});
