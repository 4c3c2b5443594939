// What one browser of a video call tells the other by way of the server: one word after another, and listened for each
// second. `HELLO` begins anew: what was said before it is nobody's any more.
const csrf = (box) => box.querySelector("[name=csrfmiddlewaretoken]").value;

async function answered(answer) {
  const found = answer.status === 204 ? {} : await answer.json();
  if (answer.ok) return found;
  const error = new Error(found.detail || "");
  error.code = found.code || "";
  error.status = answer.status;
  throw error;
}

export class Line {
  constructor(box) {
    this.address = box.dataset.call;
    this.token = csrf(box);
    this.after = 0;
    this.saying = Promise.resolve();
  }

  // Resolves with the server's answer. Words leave in the order in which they were said.
  say(kind, body = "") {
    const said = this.saying.catch(() => {}).then(async () => {
      const headers = { "X-CSRFToken": this.token, "Content-Type": "application/json", Accept: "application/json" };
      return answered(await fetch(this.address, {
        method: "POST", headers, body: JSON.stringify({ kind, body }), keepalive: kind === "bye",
      }));
    });
    this.saying = said;
    return said;
  }

  // What the other side has said since, and how the call stands.
  async hear() {
    const heard = await answered(await fetch(this.address + "?after=" + this.after, {
      headers: { Accept: "application/json" },
    }));
    heard.signals.forEach((signal) => { this.after = Math.max(this.after, signal.number); });
    return heard;
  }
}
