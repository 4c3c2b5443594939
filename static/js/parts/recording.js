// The recording of a video call, made where it is seen: of the driver's picture and sound, while the driver agrees.
// Parts of some seconds leave one after another; nothing of it is kept in the browser.
import { wait } from "./wait.js";

const PART_MS = 5000;
const AGAIN_MS = 1000;
const TRIES = 5;
const KINDS = ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4"];
const BITS_PER_SECOND = 600000;

export class CallRecorder {
  // `told` hears true while something is recorded, and false.
  constructor(address, token, told) {
    this.address = address;
    this.token = token;
    this.told = told;
    this.stream = null;
    this.recorder = null;
    this.sending = Promise.resolve();
    this.finished = null; // kept once it was asked to finish
  }

  // Record this stream, or nothing. A stream of another round is another recording.
  wants(agreed, stream) {
    if (this.finished) return;
    const wanted = agreed && stream && stream.active ? stream : null;
    if (wanted === this.stream && (!wanted || this.recorder?.state === "recording")) return;
    this.stop();
    this.stream = wanted;
    if (wanted) this.begin(wanted);
  }

  begin(stream) {
    const mimeType = window.MediaRecorder && KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    if (!mimeType) return;
    const take = crypto.randomUUID();
    let number = 0;
    const recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: BITS_PER_SECOND });
    recorder.ondataavailable = ({ data }) => {
      if (!data.size) return;
      const part = { take, number, data };
      number += 1;
      this.sending = this.sending.then(() => this.send(part));
    };
    recorder.start(PART_MS);
    this.recorder = recorder;
    this.told(true);
  }

  async send({ take, number, data }) {
    for (let turn = 0; turn < TRIES; turn += 1) {
      const body = new FormData();
      body.append("take", take);
      body.append("number", number);
      body.append("part", data, "part");
      try {
        const answer = await fetch(this.address, { method: "POST", headers: { "X-CSRFToken": this.token }, body });
        if (answer.status < 500) return; // taken, or not wanted: then it is not kept anywhere
      } catch { /* no network: once more */ }
      await wait(AGAIN_MS);
    }
  }

  stop() {
    const recorder = this.recorder;
    this.recorder = null;
    if (!recorder || recorder.state === "inactive") return Promise.resolve();
    this.told(false);
    return new Promise((done) => {
      recorder.onstop = done; // behind its last part
      recorder.stop();
    });
  }

  // Resolves once what was recorded has been sent.
  finish() {
    this.finished ||= this.stop().then(() => this.sending);
    return this.finished;
  }
}
