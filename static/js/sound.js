// Sound from this phone: made unreadable before it leaves, sent while it is recorded, kept nowhere here.
(function () {
  "use strict";
  const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
  const SAMPLE_MS = 100;
  const SILENT = 0.001; // root mean square, about -60 dBFS
  const CLIPPED = 0.99;

  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  async function post(path, body) {
    return fetch(path, { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify(body), credentials: "omit" });
  }

  // The recording's key is made here, wrapped to the key of the day, and never leaves readable.
  async function begin(trip, pageKey, purpose, mime) {
    for (;;) {
      try {
        const day = await (await fetch("/api/v1/sound-key/", { credentials: "omit" })).json();
        const open = await crypto.subtle.importKey("spki", bytes(day.spki), { name: "RSA-OAEP", hash: "SHA-256" }, false, ["wrapKey"]);
        const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
        const wrapped = text(await crypto.subtle.wrapKey("raw", key, open, { name: "RSA-OAEP" }));
        const answer = await post("/api/v1/trips/" + trip + "/sound/", { key: pageKey, purpose: purpose, day: day.day, wrapped: wrapped, mime: mime });
        if (answer.status === 201) return { key: key, ...(await answer.json()) };
        if (answer.status < 500 && (await answer.json()).code !== "recording_key_changed") return null;
      } catch (error) { /* no network: again */ }
      await wait(1000);
    }
  }

  class Sender {
    constructor(begun, told) { this.begun = begun; this.told = told; this.number = 0; this.queue = []; this.chain = Promise.resolve(); this.busy = false; this.over = false; }

    push(blob, heard) {
      const number = this.number++;
      this.chain = this.chain.then(async () => {
        const nonce = crypto.getRandomValues(new Uint8Array(12));
        const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(this.begun.code + ":" + number) }, this.begun.key, await blob.arrayBuffer());
        this.queue.push({ number: number, body: new Blob([nonce, sealed]), heard: heard, tries: 0 });
        this.pump();
      });
    }

    async pump() {
      if (this.busy) return;
      this.busy = true;
      while (this.queue.length && !this.over) {
        const next = this.queue[0];
        try {
          const answer = await fetch("/live/audio/", { method: "POST", headers: { Authorization: "Bearer " + this.begun.token, "X-Chunk": String(next.number), "X-Silent-Ms": String(next.heard.silent), "X-Clipped-Ms": String(next.heard.clipped) }, body: next.body, credentials: "omit" });
          if (answer.status === 202) { this.queue.shift(); this.told("on"); continue; }
          const code = answer.status < 500 ? (await answer.json()).code : "";
          if (code === "recording_over" || code === "audio_token_invalid") { this.over = true; this.told("off"); break; }
          if (answer.status < 500 && ++next.tries > 3) { this.queue.shift(); continue; }
        } catch (error) { /* no network: what was heard waits */ }
        this.told("wait");
        await wait(1000);
      }
      this.busy = false;
    }
  }

  // One recorder at a time on a page.
  let current = null;

  async function record(options) {
    const job = { stopped: false };
    current = job;
    const mime = KINDS.find((kind) => window.MediaRecorder && MediaRecorder.isTypeSupported(kind));
    if (!mime || !navigator.mediaDevices || !window.crypto.subtle) { options.told("off"); return; }
    let stream;
    try { stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false } }); } catch (error) { options.told("ask"); current = null; return; }
    const begun = await begin(options.trip, options.key, options.purpose, mime);
    if (!begun || job.stopped) { stream.getTracks().forEach((track) => track.stop()); options.told("off"); return; }
    if (options.spoken && window.speechSynthesis) { const words = new SpeechSynthesisUtterance(options.spoken); words.lang = document.documentElement.lang; speechSynthesis.speak(words); }
    const sender = new Sender(begun, options.told);
    const heard = { silent: 0, clipped: 0 };
    const listener = levels(stream, heard);
    const recorder = new MediaRecorder(stream, { mimeType: mime, audioBitsPerSecond: 24000 });
    recorder.ondataavailable = (event) => { if (event.data.size) { sender.push(event.data, { ...heard }); heard.silent = heard.clipped = 0; } };
    recorder.onstart = () => { document.documentElement.dataset.soundBegan = String(Date.now()); document.documentElement.dataset.soundCode = begun.code; };
    recorder.start(begun.slice_ms);
    job.stop = (leaving) => {
      if (job.stopped) return;
      job.stopped = true;
      clearInterval(listener);
      const end = () => { const body = new Blob([JSON.stringify({ token: begun.token, last: sender.number - 1 })], { type: "application/json" }); navigator.sendBeacon("/api/v1/sound/end/", body); };
      recorder.onstop = () => sender.chain.then(() => sender.pump()).then(end);
      if (leaving) end(); else recorder.stop();
      stream.getTracks().forEach((track) => track.stop());
      if (current === job) current = null;
    };
    window.addEventListener("pagehide", () => job.stop(true));
  }

  function levels(stream, heard) {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const wave = new Float32Array(analyser.fftSize);
    return setInterval(() => {
      analyser.getFloatTimeDomainData(wave);
      const power = Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length);
      if (context.state === "running" && power < SILENT) heard.silent += SAMPLE_MS;
      if (wave.some((value) => Math.abs(value) >= CLIPPED)) heard.clipped += SAMPLE_MS;
    }, SAMPLE_MS);
  }

  function afterHelp(card) {
    const state = card.querySelector("[data-sound-state]");
    const button = card.querySelector("[data-sound-begin]");
    const told = (what) => {
      state.textContent = card.dataset[what];
      state.className = "state " + (what === "on" ? "good" : "wait");
      button.hidden = what === "on" || what === "wait";
    };
    const start = () => { if (!current) record({ trip: card.dataset.trip, key: card.dataset.sound, purpose: "sos", told: told }); };
    button.addEventListener("click", start);
    start();
  }

  // The whole trip: the page says by an element of its own that both sides agreed and somebody is aboard.
  function followTrip() {
    const wanted = document.querySelector("[data-record]");
    if (wanted && !current) {
      const told = (what) => { document.querySelectorAll("[data-record-state]").forEach((el) => { el.textContent = what === "on" ? "●" : what === "wait" ? "…" : "○"; }); };
      record({ trip: wanted.dataset.trip, key: wanted.dataset.record, purpose: "trip", spoken: wanted.dataset.spoken, told: told });
    } else if (!wanted && current && current.stop && !document.querySelector("[data-sound]")) current.stop(false);
  }

  // The message that works without data: the newest position, under the page's own key.
  async function packet(link, place) {
    const letters = new TextEncoder().encode(link.dataset.packet);
    const body = new Uint8Array(13 + letters.length);
    const view = new DataView(body.buffer);
    view.setUint8(0, (link.dataset.party === "driver" ? 1 : 0) | (link.dataset.silent ? 2 : 0));
    view.setUint32(1, Math.floor(place.timestamp / 1000));
    view.setInt32(5, Math.round(place.coords.latitude * 1e6));
    view.setInt32(9, Math.round(place.coords.longitude * 1e6));
    body.set(letters, 13);
    const secret = bytes(link.dataset.secret.replace(/-/g, "+").replace(/_/g, "/"));
    const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, body)).slice(0, 8);
    const whole = new Uint8Array([...body, ...mac]);
    link.href = "sms:" + link.dataset.number + "?body=HH1" + text(whole).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-sound]").forEach(afterHelp);
    if (document.querySelector("[data-packet], .sosbar") && navigator.geolocation) navigator.geolocation.watchPosition((place) => document.querySelectorAll("[data-packet]").forEach((link) => packet(link, place)), () => {}, { enableHighAccuracy: true });
    // The network goes: the message and the numbers come up by themselves, and again when SOS is tapped.
    const help = (shown) => document.querySelectorAll("[data-offline-help]").forEach((el) => { el.hidden = !shown; });
    window.addEventListener("offline", () => help(true));
    window.addEventListener("online", () => help(false));
    document.querySelectorAll(".sosbar form[action*='/sos/']").forEach((form) => form.addEventListener("submit", (event) => { if (!navigator.onLine && document.querySelector("[data-offline-help]")) { event.preventDefault(); help(true); } }));
    document.querySelectorAll("[data-recording]").forEach((part) => part.addEventListener("htmx:afterSettle", followTrip));
  });
})();
