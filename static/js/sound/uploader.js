// Slices of sound on their way: numbered without gaps, sealed and sent in their order, kept while there is no network.
import { wait } from "../parts/wait.js";
import { seal } from "./seal.js";

const AGAIN_MS = 1000;
const TRIES = 4; // of a slice that the server refuses; it must not hold up those behind it
const ENDED = new Set(["recording_over", "audio_token_invalid"]);

function send({ token }, { number, body, heard }) {
  return fetch("/live/audio/", {
    method: "POST",
    headers: {
      Authorization: "Bearer " + token,
      "X-Chunk": String(number),
      "X-Silent-Ms": String(heard.silent),
      "X-Clipped-Ms": String(heard.clipped),
    },
    body,
    credentials: "omit",
  });
}

export class Uploader {
  // `begun` is what `beginRecording` gave; `told` hears "on" for each slice that arrived, "wait" while one cannot, and
  // "off" when the server wants no more.
  constructor(begun, told) {
    this.begun = begun;
    this.told = told;
    this.number = 0;
    this.queue = [];
    this.sealing = Promise.resolve();
    this.busy = false;
    this.over = false;
  }

  // The number of the last slice that was taken; -1 before the first.
  get last() {
    return this.number - 1;
  }

  // Take a slice; `heard` counts its silent and clipped milliseconds. Slices are sealed one after another, so that
  // they stand in the queue in the order in which they were recorded.
  push(slice, heard) {
    const number = this.number;
    this.number += 1;
    this.sealing = this.sealing.then(async () => {
      this.queue.push({ number, body: await seal(slice, this.begun, number), heard, tries: 0 });
      this.pump();
    });
  }

  // Send what waits, the oldest first, until nothing does or the server wants no more.
  async pump() {
    if (this.busy) return;
    this.busy = true;
    while (this.queue.length && !this.over) {
      const state = await this.sendNext();
      if (state) this.told(state);
      if (state === "wait") await wait(AGAIN_MS);
    }
    this.busy = false;
  }

  async sendNext() {
    const next = this.queue[0];
    try {
      const answer = await send(this.begun, next);
      if (answer.status === 202) {
        this.queue.shift();
        return "on";
      }
      if (answer.status >= 500) return "wait";
      if (ENDED.has((await answer.json()).code)) {
        this.over = true;
        return "off";
      }
      next.tries += 1;
      if (next.tries < TRIES) return "wait";
      this.queue.shift();
      return "";
    } catch {
      return "wait"; // no network: what was heard waits
    }
  }

  // Resolves when all that was taken is sealed and what can be sent was sent.
  async drain() {
    await this.sealing;
    await this.pump();
  }
}
