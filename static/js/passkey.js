// A passkey is made or shown: what the browser answers goes with the form, as a field.
import { answerOf, optionsOf } from "./parts/credentials.js";

async function ask(form) {
  const publicKey = optionsOf(JSON.parse(form.dataset.options));
  const made = form.dataset.passkey === "create";
  return made ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey });
}

function prepare(form) {
  const field = form.querySelector("[data-passkey-answer]");
  const failed = form.querySelector("[data-passkey-failed]");
  if (!window.PublicKeyCredential) {
    form.querySelector("[data-passkey-none]").hidden = false;
    form.querySelector("button").disabled = true;
    return;
  }
  form.addEventListener("submit", async (event) => {
    if (field.value) return;
    event.preventDefault();
    failed.hidden = true;
    try {
      field.value = JSON.stringify(answerOf(await ask(form)));
    } catch {
      failed.hidden = false;
      return;
    }
    form.requestSubmit();
  });
}

document.querySelectorAll("[data-passkey]").forEach(prepare);
