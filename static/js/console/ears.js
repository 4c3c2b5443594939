// Live sound of a call for help, as close behind the newest as the network lets it be.
import { wait } from "../parts/wait.js";

const BEHIND = 0.5; // seconds behind the newest sound
const LATE = 1.2; // farther behind than this is caught up
const KEEP = 60; // seconds of what was heard that stay in memory
const TOO_MUCH = 120;

async function newest(box) {
  return (await (await fetch(box.dataset.listen)).json()).code;
}

function keepUp(box, audio, buffer) {
  if (!buffer.buffered.length) return;
  const edge = buffer.buffered.end(buffer.buffered.length - 1);
  const start = buffer.buffered.start(buffer.buffered.length - 1);
  if (audio.currentTime < start || edge - audio.currentTime > LATE) audio.currentTime = Math.max(start, edge - BEHIND);
  if (audio.paused && !box.dataset.paused) audio.play().catch(() => {});
  box.dataset.edge = edge;
}

async function pour(reader, buffer, audio, told) {
  const done = () => new Promise((ready) => { buffer.addEventListener("updateend", ready, { once: true }); });
  for (;;) {
    const part = await reader.read();
    if (part.done) return;
    buffer.appendBuffer(part.value);
    await done();
    told("on");
    if (buffer.buffered.length && audio.currentTime - buffer.buffered.start(0) > TOO_MUCH) {
      buffer.remove(0, audio.currentTime - KEEP);
      await done();
    }
  }
}

async function hear(address, { box, audio, told, signal }) {
  const answer = await fetch(address, { signal });
  if (!answer.ok) throw new Error(String(answer.status));
  const source = new MediaSource();
  const url = URL.createObjectURL(source);
  audio.src = url;
  await new Promise((done) => { source.addEventListener("sourceopen", done, { once: true }); });
  const buffer = source.addSourceBuffer(answer.headers.get("Content-Type"));
  const timer = setInterval(() => keepUp(box, audio, buffer), 200);
  try {
    await pour(answer.body.getReader(), buffer, audio, told);
  } finally {
    clearInterval(timer);
    URL.revokeObjectURL(url);
  }
}

async function follow(box, audio, told) {
  let heard = "";
  let stop = null;
  // A page that the phone loaded anew sends under another recording: go over to it at once.
  document.addEventListener("huhang-changed", async () => {
    if (stop && (await newest(box)) !== heard) stop.abort();
  });
  while (box.isConnected) {
    try {
      heard = await newest(box);
      stop = new AbortController();
      if (heard) await hear("/live/listen/" + heard + "/", { box, audio, told, signal: stop.signal });
    } catch { /* no network, or the stream broke: again */ }
    told("wait");
    await wait(1000);
  }
}

export function prepareLiveSound(box) {
  const audio = box.querySelector("audio");
  const state = box.querySelector("[data-listen-state]");
  const told = (what) => {
    state.textContent = box.dataset[what];
    state.className = "badge " + (what === "on" ? "good" : "warn");
  };
  box.querySelector("[data-listen-begin]").addEventListener("click", (event) => {
    event.target.hidden = true;
    box.dataset.held = "1"; // somebody listens: this part of the page is not taken away
    audio.hidden = false;
    told("wait");
    follow(box, audio, told);
  });
}
