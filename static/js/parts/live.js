// The stream says that something changed; the part asks what. While it is silent, the part asks every few seconds.
// Read by `fetch`: an EventSource can show its key only in the address, which logs keep.
const AGAIN = 3000;

export function listenForChanges(part) {
  if (!window.TextDecoderStream) return;
  const leaving = new AbortController();
  window.addEventListener("pagehide", () => leaving.abort());
  follow(part, leaving.signal);
}

async function follow(part, signal) {
  while (!signal.aborted) {
    // A line that went, or a page that is left, is no fault.
    const status = await listen(part, signal).catch(() => 0);
    if (status === 401) return;
    await new Promise((done) => setTimeout(done, AGAIN));
  }
}

async function listen(part, signal) {
  const headers = { Authorization: "Bearer " + part.dataset.live };
  const answer = await fetch("/live/trips/", { headers, signal });
  if (answer.ok) await read(part, answer.body.pipeThrough(new TextDecoderStream()).getReader());
  return answer.status;
}

async function read(part, reader) {
  let rest = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const lines = (rest + piece.value).split(/\r\n|\r|\n/);
    rest = lines.pop();
    if (lines.some((line) => line.startsWith("data:"))) part.dispatchEvent(new Event("changed"));
  }
}
