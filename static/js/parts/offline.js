// The network goes: the message and the numbers come up by themselves, and again when SOS is tapped.
function help(shown) {
  document.querySelectorAll("[data-offline-help]").forEach((el) => { el.hidden = !shown; });
}

export function helpWithoutNetwork() {
  window.addEventListener("offline", () => help(true));
  window.addEventListener("online", () => help(false));
  document.querySelectorAll(".sosbar form[action*='/sos/']").forEach((form) => {
    form.addEventListener("submit", (event) => {
      if (navigator.onLine || !document.querySelector("[data-offline-help]")) return;
      event.preventDefault();
      help(true);
    });
  });
}
