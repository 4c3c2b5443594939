// The camera page: leads through the poses of a challenge and sends the frames. In a sandbox, invented people can sit
// before the camera; the server judges their frames like anybody's.
import { putPicture } from "./parts/files.js";
import { keepPlaceReady } from "./parts/here.js";
import { onceMore } from "./parts/once_more.js";
import { digest, lead, moments, poseMs } from "./parts/pace.js";
import { PlateCamera } from "./parts/plate.js";
import { sendPositions } from "./parts/positions.js";
import { wait } from "./parts/wait.js";

const SIDE = 480;
const INVENTED_MS = 600; // nobody has to read and turn

const csrf = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

async function post(path, body, signal = null) {
  const json = !(body instanceof FormData);
  const headers = { "X-CSRFToken": csrf(), Accept: "application/json" };
  if (json) headers["Content-Type"] = "application/json";
  const sent = json ? JSON.stringify(body) : body;
  const answer = await fetch(path, { method: "POST", headers, body: sent, signal });
  const found = answer.status === 204 ? {} : await answer.json();
  if (answer.ok) return found;
  const error = new Error(found.detail || "");
  error.code = found.code;
  throw error;
}

class Camera {
  constructor(box) {
    this.box = box;
    this.said = JSON.parse(document.getElementById("face-words").textContent);
    this.video = box.querySelector("video");
    this.drawn = box.querySelector("img");
    this.line = box.querySelector("[data-says]");
    this.dot = box.querySelector("[data-dot]");
    this.bar = box.querySelector("progress");
    this.start = box.querySelector("[data-start]");
    this.person = box.querySelector("[data-person]");
    this.moment = Math.floor(Math.random() * 100000);
    this.tries = 0;
    this.start.hidden = false;
    this.start.addEventListener("click", () => this.run());
  }

  // The invented person who sits before the camera; empty for the phone's own.
  get invented() {
    return this.person?.value || "";
  }

  async open() {
    this.video.hidden = Boolean(this.invented);
    this.drawn.hidden = !this.invented;
    if (this.invented) return null;
    const stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "user", width: 640, height: 480 },
      audio: false,
    });
    this.video.srcObject = stream;
    await this.video.play();
    return stream;
  }

  async inventedFrame(pose, share) {
    this.moment += 1;
    const which = pose + ".jpg?share=" + share + "&n=" + this.moment;
    const address = this.box.dataset.sandbox + "/camera/" + this.invented + "/" + which;
    const blob = await (await fetch(address)).blob();
    URL.revokeObjectURL(this.drawn.src);
    this.drawn.src = URL.createObjectURL(blob);
    return blob;
  }

  ownFrame() {
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.min(1, SIDE / Math.max(videoWidth, videoHeight));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(videoWidth * scale);
    canvas.height = Math.round(videoHeight * scale);
    canvas.getContext("2d").drawImage(this.video, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.9); });
  }

  frame(pose, share) {
    return this.invented ? this.inventedFrame(pose, share) : this.ownFrame();
  }

  // The face has to move as it is asked; the next pose is said when the pictures of this one are named.
  async capture(check) {
    const form = new FormData();
    this.bar.hidden = false;
    this.bar.max = check.poses;
    const next = "/api/v1/driver/face-checks/" + check.code + "/next/";
    let { pose } = check;
    for (let step = 0; pose; step += 1) {
      const frames = await this.follow(pose, "step" + step, form);
      this.bar.value = step + 1;
      ({ pose } = await onceMore((signal) => post(next, { frames }, signal)));
    }
    this.line.dataset.pose = "";
    this.dot.hidden = true;
    return form;
  }

  async follow(pose, name, form) {
    const begun = performance.now();
    const ms = this.invented ? INVENTED_MS : poseMs(this.tries);
    const frames = [];
    this.line.textContent = this.said[pose];
    this.line.dataset.pose = pose;
    lead(this.dot, pose, ms);
    for (const { at, share } of moments(pose, ms)) {
      await wait(Math.max(0, begun + at - performance.now()));
      const picture = await this.frame(pose, share);
      frames.push({ digest: await digest(picture), at: Math.floor(performance.now() - begun) });
      form.append(name, picture, share + ".jpg");
    }
    return frames;
  }

  passed(found) {
    this.line.textContent = this.said.passed;
    this.box.dataset.state = "passed";
    document.querySelectorAll("[name=face_token]").forEach((el) => { el.value = found.token; });
    document.querySelectorAll("[data-after-face]").forEach((el) => { el.hidden = false; });
    document.querySelector("form[data-at-once]")?.requestSubmit();
    if (found.spot) this.plate?.ask(found.spot, Boolean(this.invented));
  }

  failed(error) {
    const noCamera = error.name === "NotAllowedError" || error.name === "NotFoundError";
    this.line.textContent = noCamera ? this.said.nocamera : error.message || this.said.failed;
    this.box.dataset.state = "failed";
    this.tries += 1;
    this.start.textContent = this.said.again;
    this.start.disabled = error.code === "face_frozen";
  }

  async run() {
    this.start.disabled = true;
    let stream = null;
    try {
      stream = await this.open();
      const { purpose, subject } = this.box.dataset;
      const check = await post("/api/v1/driver/face-checks/", { purpose, subject });
      const form = await this.capture(check);
      this.line.textContent = this.said.sending;
      this.passed(await post("/api/v1/driver/face-checks/" + check.code + "/frames/", form));
    } catch (error) {
      this.failed(error);
    } finally {
      if (stream) stream.getTracks().forEach((track) => track.stop());
    }
  }
}

// The form for the photo of the car, and a sandbox car for the invented camera.
function preparePlate(camera) {
  const photo = document.querySelector("[data-photo]");
  if (!photo) return;
  const spots = JSON.parse(document.getElementById("plate-spots").textContent);
  camera.plate = new PlateCamera(photo.form, spots);
  document.querySelector("[data-sandbox-plate]")?.addEventListener("click", () => {
    const plate = encodeURIComponent(document.querySelector("[data-plate]").value);
    camera.moment += 1;
    const where = "?spot=" + camera.plate.spot + "&n=" + camera.moment;
    putPicture(photo, camera.box.dataset.sandbox + "/plates/" + plate + ".jpg" + where, "car.jpg");
  });
}

// Where the photo is taken: a page that has a key says where its phone is.
sendPositions();
keepPlaceReady(() => {});

// The box may come with a part of the page.
function prepare() {
  const box = document.querySelector("[data-face]");
  if (!box || box.dataset.ready) return;
  box.dataset.ready = "1";
  preparePlate(new Camera(box));
}

prepare();
document.addEventListener("htmx:afterSettle", prepare);
