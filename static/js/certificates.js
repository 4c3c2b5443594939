// The application page: a photo is sent as soon as it is chosen; in a sandbox, drawn certificates can be photographed.
import { putPicture } from "./parts/files.js";

function prepare(form) {
  if (form.dataset.ready) return;
  form.dataset.ready = "1";
  const file = form.querySelector("input[type=file]");
  const send = form.querySelector("[data-send-photo]");
  send.hidden = true;
  file.addEventListener("change", () => {
    if (!file.files.length) return;
    send.hidden = false;
    send.disabled = true;
    form.requestSubmit();
  });
  const take = form.querySelector("[data-take-certificate]");
  take?.addEventListener("click", async () => {
    const whose = form.querySelector("[data-sandbox-certificate]");
    const { sandbox, sandboxCertificate: kind } = whose.dataset;
    await putPicture(file, sandbox + "/certificates/" + whose.value + "/" + kind + ".jpg", "certificate.jpg");
    file.dispatchEvent(new Event("change"));
  });
}

// The forms may come with a part of the page.
const prepareAll = () => document.querySelectorAll("[data-photo-form]").forEach(prepare);
prepareAll();
document.addEventListener("htmx:afterSettle", prepareAll);
