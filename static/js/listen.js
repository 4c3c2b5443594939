// The console's ears: live sound of a call for help, and recordings of a case with their wave.
(function () {
  "use strict";
  const BEHIND = 0.5; // seconds behind the newest sound
  const LATE = 1.2; // farther behind than this is caught up

  function sleep(ms) { return new Promise((done) => setTimeout(done, ms)); }

  async function newest(box) { return (await (await fetch(box.dataset.listen)).json()).code; }

  async function follow(box, audio, told) {
    let heard = "";
    let stop = null;
    // A page that the phone loaded anew sends under another recording: go over to it at once.
    document.body.addEventListener("huhang-changed", async () => { if (stop && (await newest(box)) !== heard) stop.abort(); });
    for (;;) {
      if (!box.isConnected) return;
      try {
        heard = await newest(box);
        stop = new AbortController();
        if (heard) await hear("/live/listen/" + heard + "/", box, audio, told, stop.signal);
      } catch (error) { /* no network, or the stream broke: again */ }
      told("wait");
      await sleep(1000);
    }
  }

  async function hear(address, box, audio, told, signal) {
    const answer = await fetch(address, { signal: signal });
    if (!answer.ok) throw new Error(String(answer.status));
    const source = new MediaSource();
    const url = URL.createObjectURL(source);
    audio.src = url;
    await new Promise((done) => source.addEventListener("sourceopen", done, { once: true }));
    const buffer = source.addSourceBuffer(answer.headers.get("Content-Type"));
    const done = () => new Promise((ready) => buffer.addEventListener("updateend", ready, { once: true }));
    const reader = answer.body.getReader();
    const keepUp = setInterval(() => {
      if (!buffer.buffered.length) return;
      const edge = buffer.buffered.end(buffer.buffered.length - 1);
      const start = buffer.buffered.start(buffer.buffered.length - 1);
      if (audio.currentTime < start || edge - audio.currentTime > LATE) audio.currentTime = Math.max(start, edge - BEHIND);
      if (audio.paused && !box.dataset.paused) audio.play().catch(() => {});
      box.dataset.edge = edge;
    }, 200);
    try {
      for (;;) {
        const part = await reader.read();
        if (part.done) return;
        buffer.appendBuffer(part.value);
        await done();
        told("on");
        if (buffer.buffered.length && audio.currentTime - buffer.buffered.start(0) > 120) { buffer.remove(0, audio.currentTime - 60); await done(); }
      }
    } finally {
      clearInterval(keepUp);
      URL.revokeObjectURL(url);
    }
  }

  function live(box) {
    const audio = box.querySelector("audio");
    const state = box.querySelector("[data-listen-state]");
    const told = (what) => { state.textContent = box.dataset[what]; state.className = "badge " + (what === "on" ? "good" : "warn"); };
    box.querySelector("[data-listen-begin]").addEventListener("click", (event) => {
      event.target.hidden = true;
      audio.hidden = false;
      told("wait");
      follow(box, audio, told);
    });
  }

  async function wave(canvas) {
    try {
      const sound = await (await fetch(canvas.dataset.wave)).arrayBuffer();
      const context = new OfflineAudioContext(1, 1, 48000);
      const data = (await context.decodeAudioData(sound)).getChannelData(0);
      const pen = canvas.getContext("2d");
      const width = canvas.width = canvas.clientWidth * 2;
      const height = canvas.height = 120;
      const step = Math.max(1, Math.floor(data.length / width));
      pen.fillStyle = "#0b4ea2";
      for (let x = 0; x < width; x++) {
        let top = 0;
        for (let i = x * step; i < (x + 1) * step && i < data.length; i += 8) top = Math.max(top, Math.abs(data[i]));
        const tall = Math.max(1, Math.min(1, top * 1.5) * height);
        pen.fillRect(x, (height - tall) / 2, 1, tall);
      }
      canvas.dataset.drawn = "1";
    } catch (error) { canvas.hidden = true; }
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-listen]").forEach(live);
    document.querySelectorAll("[data-wave]").forEach(wave);
  });
})();
