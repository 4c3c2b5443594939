// What the page of a video call shows: both pictures, one line that says how it stands, and the buttons.
const MEDIA = { video: { facingMode: "user", width: 640, height: 480 }, audio: true };

export class CallView {
  constructor(box, said) {
    this.box = box;
    this.said = said;
    this.theirs = box.querySelector("[data-call-theirs]");
    this.mine = box.querySelector("[data-call-mine]");
    this.moved = 0; // how far their picture was when it was looked at last
  }

  get state() {
    return this.box.dataset.state || "";
  }

  listen({ again, off }) {
    const on = (what, act) => this.box.querySelector(what)?.addEventListener("click", act);
    on("[data-call-sound]", () => this.play());
    on("[data-call-again]", again);
    on("[data-call-off]", off);
  }

  show(what, shown) {
    const button = this.box.querySelector(what);
    if (button) button.hidden = !shown;
  }

  offerAgain(shown) {
    this.show("[data-call-again]", shown);
  }

  tell(word) {
    this.box.dataset.state = word;
    const line = this.box.querySelector("[data-call-says]");
    if (line.textContent !== this.said[word]) line.textContent = this.said[word];
  }

  // One's own picture and sound; rejects where the browser or the person does not let us.
  async openOwn() {
    const stream = await navigator.mediaDevices.getUserMedia(MEDIA);
    this.mine.srcObject = stream;
    this.mine.play().catch(() => {});
    return stream;
  }

  showTheirs(stream) {
    if (this.theirs.srcObject === stream) return;
    this.theirs.srcObject = stream;
    this.play();
  }

  // Whether their picture moved since the last look.
  moves() {
    const { videoWidth, currentTime } = this.theirs;
    const moved = videoWidth > 0 && currentTime > this.moved;
    this.moved = currentTime;
    return moved;
  }

  async play() {
    this.show("[data-call-sound]", false);
    this.theirs.muted = false;
    try {
      await this.theirs.play();
    } catch {
      // Some browsers play sound only after a touch: the picture does not wait for it.
      this.theirs.muted = true;
      this.theirs.play().catch(() => {});
      this.show("[data-call-sound]", true);
    }
  }
}
