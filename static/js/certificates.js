// The application page: a photo is sent as soon as it is chosen; in a sandbox, drawn certificates can be photographed.
(function () {
  "use strict";
  document.querySelectorAll("[data-photo-form]").forEach((form) => {
    const file = form.querySelector("input[type=file]");
    const send = form.querySelector("[data-send-photo]");
    send.hidden = true;
    file.addEventListener("change", () => { if (file.files.length) { send.hidden = false; send.disabled = true; form.requestSubmit(); } });
    const take = form.querySelector("[data-take-certificate]");
    if (take) take.addEventListener("click", async () => {
      const whose = form.querySelector("[data-sandbox-certificate]");
      const answer = await fetch(whose.dataset.sandbox + "/certificates/" + whose.value + "/" + whose.dataset.sandboxCertificate + ".jpg");
      const files = new DataTransfer();
      files.items.add(new File([await answer.blob()], "certificate.jpg", { type: "image/jpeg" }));
      file.files = files.files;
      file.dispatchEvent(new Event("change"));
    });
  });
})();
