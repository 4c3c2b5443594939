// The console: live updates with sound and title badge. The stream says that something changed; parts fetch themselves.
(function () {
  "use strict";
  let known = null;
  let sound = null;
  const title = document.title;

  function beep() {
    if (localStorage.getItem("huhang-sound") === "off") return;
    try {
      sound = sound || new AudioContext();
      [0, 0.22].forEach((delay) => {
        const tone = sound.createOscillator();
        const gain = sound.createGain();
        tone.frequency.value = 880;
        gain.gain.setValueAtTime(0.15, sound.currentTime + delay);
        gain.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + delay + 0.18);
        tone.connect(gain).connect(sound.destination);
        tone.start(sound.currentTime + delay);
        tone.stop(sound.currentTime + delay + 0.2);
      });
    } catch (error) { /* a browser that waits for a first click */ }
  }

  function heard(event) {
    const state = JSON.parse(event.data);
    document.body.dataset.live = state.live;
    document.title = state.open ? "(" + state.open + ") " + title : title;
    // The first word may already tell of something newer than the page.
    if (known === null || state.version !== known.version) {
      if (known !== null && state.open > known.open) beep();
      htmx.trigger(document.body, "huhang-changed");
    }
    // Pages of cases have their own word, so that an incident does not make every queue ask again and the other way round.
    if (known !== null && state.cases !== known.cases) {
      document.dispatchEvent(new CustomEvent("huhang-cases", { detail: state.touched }));
    }
    if (known !== null && state.marks.calls !== known.marks.calls) htmx.trigger(document.body, "huhang-ring");
    known = state;
  }

  function listen() {
    const stream = new EventSource("/live/console/");
    stream.onmessage = heard;
    stream.onopen = () => document.querySelectorAll("[data-offline]").forEach((el) => { el.hidden = true; });
    stream.onerror = () => document.querySelectorAll("[data-offline]").forEach((el) => { el.hidden = false; });
  }

  // As `core.formats.span` writes it, with the page's words for hours and days.
  function span(seconds) {
    const words = document.querySelector(".hh").dataset;
    const hours = Math.floor(seconds / 3600);
    const minutes = String(Math.floor(seconds % 3600 / 60)).padStart(2, "0");
    if (hours < 1) return Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
    if (hours < 96) return words.hours.replace("{hours}", hours).replace("{minutes}", minutes);
    return words.days.replace("{days}", Math.floor(hours / 24)).replace("{hours}", hours % 24);
  }

  function ages() {
    document.querySelectorAll("[data-age]").forEach((el) => {
      const seconds = Math.max(0, Math.floor(Number(el.dataset.age) + (performance.now() - loaded(el)) / 1000));
      el.textContent = span(seconds);
    });
  }
  function loaded(el) { el.loadedAt = el.loadedAt || performance.now(); return el.loadedAt; }

  document.addEventListener("DOMContentLoaded", () => {
    if (!document.querySelector(".hh")) return;
    listen();
    document.querySelectorAll("[data-hide-after]").forEach((el) => { setTimeout(() => { el.textContent = el.dataset.hidden; el.className = ""; }, Number(el.dataset.hideAfter) * 1000); });
    setInterval(ages, 1000);
    document.querySelectorAll("[data-sound]").forEach((el) => {
      const show = () => { el.textContent = localStorage.getItem("huhang-sound") === "off" ? el.dataset.off : el.dataset.on; };
      show();
      el.addEventListener("click", () => { localStorage.setItem("huhang-sound", localStorage.getItem("huhang-sound") === "off" ? "on" : "off"); show(); beep(); });
    });
    // What is hard to look at is blurred until somebody wants to see it; each desk decides for itself.
    document.querySelectorAll("[data-soft]").forEach((el) => {
      const show = () => { const soft = localStorage.getItem("huhang-soft") !== "off"; document.querySelectorAll(".hh").forEach((part) => part.classList.toggle("soft", soft)); el.textContent = soft ? el.dataset.on : el.dataset.off; el.setAttribute("aria-pressed", String(soft)); };
      show();
      el.addEventListener("click", () => { localStorage.setItem("huhang-soft", localStorage.getItem("huhang-soft") === "off" ? "on" : "off"); show(); });
    });
    document.addEventListener("click", (event) => { if (event.target.matches(".evidence")) event.target.classList.toggle("shown"); });
    document.addEventListener("keydown", (event) => {
      if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "t") { const first = document.querySelector("[data-take]"); if (first) first.click(); }
      if (event.key === "l") { const listen = document.querySelector("[data-listen-begin]:not([hidden])"); if (listen) listen.click(); }
      if (event.key === "n") { const next = document.querySelector("[data-next-key]"); if (next) next.click(); }
    });
  });
})();
