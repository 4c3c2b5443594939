// A video call between two browsers: picture and sound go from one to the other, the server only tells them where they
// are. The reviewer's side offers, again for each `hello` of the driver's; each offer begins a round of its own, and
// what belongs to another round is not heard.
import { CallView } from "./call_view.js";
import { Line } from "./line.js";
import { wait } from "./wait.js";

const HEAR_MS = 1000;
const SEEN_MS = 2000; // how often a page says that the other's picture moves
const LOST_MS = 15000; // without a moving picture after so long a round is over
const OVER = new Set(["call_over", "not_found", "sign_in_required"]);

export class Call {
  // `recorder` makes the recording on the reviewer's side; null on the driver's.
  constructor(box, said, recorder = null) {
    this.box = box;
    this.view = new CallView(box, said);
    this.recorder = recorder;
    this.calls = box.dataset.side === "reviewer";
    this.line = new Line(box);
    this.peer = null;
    this.round = "";
    this.waiting = []; // addresses that came before what they belong to
    this.movedAt = 0; // when their picture was seen to move
    this.worked = false; // whether it has connected once
    this.over = false;
    this.view.listen({ again: () => this.again(), off: () => this.hangUp() });
    window.addEventListener("pagehide", () => this.close());
  }

  async start() {
    if (!(await this.openCamera())) return;
    await this.join();
    this.listen();
    setInterval(() => this.look(), SEEN_MS);
  }

  // One's own picture and sound. Where there are none the other side is told, so that nobody waits without knowing why.
  async openCamera() {
    this.view.tell("opening");
    this.view.offerAgain(false);
    try {
      this.stream = await this.view.openOwn();
      return true;
    } catch {
      this.view.tell("nocamera");
      this.view.offerAgain(true);
      this.line.say("trouble", "camera").catch(() => {});
      return false;
    }
  }

  async join() {
    this.view.tell("waiting");
    try {
      const begun = await this.line.say("hello");
      this.servers = begun.ice_servers;
      // What was offered before is nobody's any more; the driver's `hello` may be older than this page, and is heard.
      if (!this.calls) this.line.after = begun.number;
    } catch (error) {
      this.refused(error);
      if (!this.over) await wait(HEAR_MS).then(() => this.join());
    }
  }

  // --- Rounds ---

  begin(round) {
    this.peer?.close();
    this.round = round;
    this.waiting = [];
    this.view.moved = 0;
    this.movedAt = performance.now();
    const peer = new RTCPeerConnection({ iceServers: this.servers });
    this.peer = peer;
    this.stream.getTracks().forEach((track) => peer.addTrack(track, this.stream));
    peer.onicecandidate = ({ candidate }) => {
      if (candidate && peer === this.peer) this.send("candidate", { candidate });
    };
    peer.ontrack = ({ streams }) => {
      if (peer === this.peer) this.view.showTheirs(streams[0]);
    };
    peer.onconnectionstatechange = () => {
      if (peer === this.peer && peer.connectionState === "failed") this.lose();
    };
    if (!["lost", "network"].includes(this.view.state)) this.view.tell("connecting");
    return peer;
  }

  send(kind, what) {
    this.line.say(kind, JSON.stringify({ round: this.round, ...what })).catch((error) => this.refused(error));
  }

  async offer() {
    const peer = this.begin(crypto.randomUUID());
    const offered = await peer.createOffer();
    this.send("offer", { sdp: offered.sdp }); // before the addresses that belong to it
    await peer.setLocalDescription(offered);
    this.view.offerAgain(true);
  }

  async take({ kind, body }) {
    if (kind === "hello" && this.calls) await this.offer();
    if (kind === "trouble") this.view.tell(body === "network" ? "network" : "theirs");
    if (!body.startsWith("{")) return;
    const { round, sdp, candidate } = JSON.parse(body);
    if (kind === "offer" && !this.calls) await this.answer(round, sdp);
    if (round !== this.round) return;
    if (kind === "answer" && this.calls) await this.described({ type: "answer", sdp });
    if (kind === "candidate") await this.address(candidate);
  }

  async answer(round, sdp) {
    const peer = this.begin(round);
    await this.described({ type: "offer", sdp });
    const answered = await peer.createAnswer();
    this.send("answer", { sdp: answered.sdp });
    await peer.setLocalDescription(answered);
  }

  async described(description) {
    await this.peer.setRemoteDescription(description);
    const waiting = this.waiting;
    this.waiting = [];
    for (const candidate of waiting) await this.address(candidate);
  }

  async address(candidate) {
    if (!this.peer.remoteDescription) this.waiting.push(candidate);
    else await this.peer.addIceCandidate(candidate).catch(() => {}); // one of several ways; others are tried
  }

  // --- What goes on ---

  async listen() {
    while (!this.over) {
      try {
        const heard = await this.line.hear();
        for (const signal of heard.signals) {
          // A word that no browser of ours says stops only itself.
          await this.take(signal).catch(() => {});
        }
        this.box.dispatchEvent(new CustomEvent("huhang-call", { detail: heard }));
        this.recorder?.wants(heard.recorded, this.view.theirs.srcObject);
      } catch (error) {
        this.refused(error);
      }
      await wait(HEAR_MS);
    }
  }

  // That their picture moved is what the server counts as having seen each other.
  look() {
    if (this.over || !this.peer) return;
    if (this.view.moves() && this.peer.connectionState === "connected") {
      this.movedAt = performance.now();
      this.worked = true;
      this.view.tell("connected");
      this.line.say("seen").catch((error) => this.refused(error));
    } else if (this.round && performance.now() - this.movedAt > LOST_MS) {
      this.lose();
    }
  }

  // The reviewer's side tries again by itself; where it never worked the other one is told as well.
  lose() {
    this.movedAt = performance.now();
    if (this.view.state !== "theirs") this.view.tell(this.worked ? "lost" : "network");
    if (!this.worked) this.line.say("trouble", "network").catch(() => {});
    if (this.calls && !this.over) this.offer().catch(() => {});
  }

  again() {
    if (this.over) window.location.reload();
    else if (!this.stream) this.start();
    else if (this.calls) this.offer().catch(() => {});
  }

  async hangUp() {
    await this.line.say("bye").catch(() => {});
    window.location.reload();
  }

  refused(error) {
    if (!OVER.has(error.code) || this.over) return; // no network: the next look asks again
    this.close();
    this.view.tell("over");
    // The driver's page shows what came of it; the reviewer's may hold words that are not sent yet.
    if (this.calls) this.view.offerAgain(true);
    else window.location.reload();
  }

  close() {
    this.over = true;
    this.peer?.close();
    this.stream?.getTracks().forEach((track) => track.stop());
    this.recorder?.finish();
  }
}
