// Sound from this phone: made unreadable before it leaves, sent while it is recorded, kept nowhere here.
import { beginRecording } from "./key.js";
import { watchLevels } from "./levels.js";
import { Uploader } from "./uploader.js";

const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
const BITS_PER_SECOND = 24000;

// One recorder at a time on a page.
let current = null;

export const isRecording = () => current !== null;

// What the sound of now is for; nothing where none is recorded.
export const recordingFor = () => current?.purpose;

export function stopRecording() {
  current?.stop?.(false);
}

function speak(words) {
  if (!words || !window.speechSynthesis) return;
  const spoken = new SpeechSynthesisUtterance(words);
  spoken.lang = document.documentElement.lang;
  speechSynthesis.speak(spoken);
}

const release = (stream) => stream.getTracks().forEach((track) => track.stop());

function run(begun, stream, mime, told) {
  const uploader = new Uploader(begun, told);
  const heard = { silent: 0, clipped: 0 };
  const levels = watchLevels(stream, heard);
  const recorder = new MediaRecorder(stream, { mimeType: mime, audioBitsPerSecond: BITS_PER_SECOND });
  recorder.ondataavailable = (event) => {
    if (!event.data.size) return;
    uploader.push(event.data, { ...heard });
    heard.silent = 0;
    heard.clipped = 0;
  };
  recorder.onstart = () => {
    document.documentElement.dataset.soundBegan = String(Date.now());
    document.documentElement.dataset.soundCode = begun.code;
  };
  recorder.start(begun.slice_ms);
  const end = () => {
    const said = JSON.stringify({ token: begun.token, last: uploader.last });
    navigator.sendBeacon("/api/v1/sound/end/", new Blob([said], { type: "application/json" }));
  };
  return (leaving) => {
    clearInterval(levels);
    recorder.onstop = () => uploader.drain().then(end);
    if (leaving) end(); else recorder.stop();
    release(stream);
  };
}

// Record until the page goes or `stopRecording`. `told` hears "on", "wait", "off", and "ask" where the browser or the
// person does not let us; `spoken` is said aloud when it begins.
export async function record({ trip, key, purpose, spoken, told }) {
  const job = { stopped: false, purpose };
  current = job;
  const mime = KINDS.find((kind) => window.MediaRecorder && MediaRecorder.isTypeSupported(kind));
  if (!mime || !navigator.mediaDevices || !window.crypto.subtle) {
    told("off");
    return;
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false } });
  } catch {
    told("ask");
    current = null;
    return;
  }
  const begun = await beginRecording({ trip, key, purpose, mime });
  if (!begun || job.stopped) {
    release(stream);
    told("off");
    return;
  }
  speak(spoken);
  const stop = run(begun, stream, mime, told);
  job.stop = (leaving) => {
    if (job.stopped) return;
    job.stopped = true;
    stop(leaving);
    if (current === job) current = null;
  };
  window.addEventListener("pagehide", () => job.stop(true));
}
