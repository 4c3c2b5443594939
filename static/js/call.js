// The page of a video call, on the driver's side and on the reviewer's.
import { Call } from "./parts/call.js";
import { CallRecorder } from "./parts/recording.js";
import { wait } from "./parts/wait.js";

const LAST_PART_MS = 6000; // a decision waits so long for the last seconds of the recording

function recorderOf(box) {
  if (!box.dataset.recordsAt) return null;
  const badge = box.querySelector("[data-call-recorded]");
  const token = box.querySelector("[name=csrfmiddlewaretoken]").value;
  return new CallRecorder(box.dataset.recordsAt, token, (on) => {
    badge.textContent = on ? badge.dataset.yes : badge.dataset.no;
    badge.classList.toggle("bad", on);
  });
}

// What ends the call is sent once the recording has arrived: the server takes none of it afterwards.
function endWith(call, recorder) {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.dataset.ready || !/-(?:decide|hang_up)$/.test(form.dataset.action || "")) return;
    event.preventDefault();
    form.dataset.ready = "1";
    call.close();
    await Promise.race([recorder.finish(), wait(LAST_PART_MS)]);
    await wait(0); // while its own event is on the way a form cannot be sent
    form.requestSubmit(event.submitter);
  }, true);
}

// The box may come with a part of the page.
function prepare() {
  const box = document.querySelector("[data-call]");
  if (!box || box.dataset.ready) return;
  box.dataset.ready = "1";
  const recorder = recorderOf(box);
  const seconds = box.querySelector("[data-call-seconds]");
  box.addEventListener("huhang-call", ({ detail }) => { if (seconds) seconds.textContent = detail.seconds + " s"; });
  const call = new Call(box, JSON.parse(document.getElementById("call-words").textContent), recorder);
  if (recorder) endWith(call, recorder);
  call.start();
}

prepare();
document.addEventListener("htmx:afterSettle", prepare);
