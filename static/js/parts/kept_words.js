// What was written to the agent, or whether the phone may ring, until it has arrived: it outlives its page, and
// whichever page of ours comes next sends it. `body` is the form as sent.
import { keptWords, storeWords } from "./kept.js";
import { arrives } from "./offline.js";
import { wait } from "./wait.js";

const AGAIN_MS = 2000;

// By what two are one: the choice whether the phone may ring, or the submission of a form that was written on since.
function nameOf(body) {
  const said = new URLSearchParams(body);
  return said.has("silent") ? "silent" : said.get("submission") || body;
}

// The last one takes the place of those before it.
export function keepWords(action, body) {
  const name = nameOf(body);
  const before = keptWords().filter((each) => each.action !== action || nameOf(each.body) !== name);
  storeWords([...before, { action, body }]);
}

export function forgetWords(action, body) {
  storeWords(keptWords().filter((each) => each.action !== action || each.body !== body));
}

// Written on a page that is gone, the oldest first. What took its place meanwhile is sent by the page that has it.
export async function sendKeptWords() {
  const note = document.querySelector("form[data-words] [data-unsent]");
  for (const { action, body } of keptWords()) {
    const isKept = () => keptWords().some((each) => each.action === action && each.body === body);
    while (isKept() && !(await arrives(action, new URLSearchParams(body)))) {
      if (note) note.hidden = false;
      await wait(AGAIN_MS);
    }
    forgetWords(action, body);
    if (note) note.hidden = true;
  }
}
