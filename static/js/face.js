// The camera page: leads through the poses of a challenge and sends the frames. In a sandbox, invented people can sit
// before the camera; the server judges their frames like anybody's.
(function () {
  "use strict";
  const box = document.querySelector("[data-face]");
  if (!box) return;
  const said = JSON.parse(document.getElementById("face-words").textContent);
  const video = box.querySelector("video");
  const drawn = box.querySelector("img");
  const line = box.querySelector("[data-says]");
  const bar = box.querySelector("progress");
  const start = box.querySelector("[data-start]");
  const person = box.querySelector("[data-person]");
  const SIDE = 480;
  const POSE_MS = 1700;
  let moment = Math.floor(Math.random() * 100000);

  const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });
  const csrf = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
  const invented = () => person && person.value;

  async function post(path, body) {
    const json = !(body instanceof FormData);
    const headers = { "X-CSRFToken": csrf(), Accept: "application/json" };
    if (json) headers["Content-Type"] = "application/json";
    const answer = await fetch(path, { method: "POST", headers, body: json ? JSON.stringify(body) : body });
    const found = answer.status === 204 ? {} : await answer.json();
    if (!answer.ok) { const error = new Error(found.detail || said.failed); error.code = found.code; throw error; }
    return found;
  }

  async function open() {
    if (invented()) { video.hidden = true; drawn.hidden = false; return null; }
    drawn.hidden = true; video.hidden = false;
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: 640, height: 480 }, audio: false });
    video.srcObject = stream;
    await video.play();
    return stream;
  }

  async function frame(pose) {
    if (invented()) {
      moment += 1;
      const answer = await fetch(box.dataset.sandbox + "/camera/" + person.value + "/" + pose + ".jpg?n=" + moment);
      const blob = await answer.blob();
      URL.revokeObjectURL(drawn.src);
      drawn.src = URL.createObjectURL(blob);
      return blob;
    }
    const scale = Math.min(1, SIDE / Math.max(video.videoWidth, video.videoHeight));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.9); });
  }

  async function run() {
    start.disabled = true;
    let stream = null;
    try {
      stream = await open();
      const check = await post("/api/v1/driver/face-checks/", { purpose: box.dataset.purpose, subject: box.dataset.subject });
      const form = new FormData();
      bar.hidden = false;
      bar.max = check.challenge.length;
      for (let step = 0; step < check.challenge.length; step += 1) {
        const pose = check.challenge[step];
        line.textContent = said[pose];
        line.dataset.pose = pose;
        await wait(invented() ? 150 : POSE_MS);
        form.append("step" + step, await frame(pose), "a.jpg");
        await wait(invented() ? 0 : 150);
        form.append("step" + step, await frame(pose), "b.jpg");
        bar.value = step + 1;
      }
      line.dataset.pose = "";
      line.textContent = said.sending;
      const found = await post("/api/v1/driver/face-checks/" + check.code + "/frames/", form);
      line.textContent = said.passed;
      box.dataset.state = "passed";
      document.querySelectorAll("[name=face_token]").forEach((el) => { el.value = found.token; });
      document.querySelectorAll("[data-after-face]").forEach((el) => { el.hidden = false; });
      const next = document.querySelector("form[data-at-once]");
      if (next) next.requestSubmit();
    } catch (error) {
      line.textContent = error.name === "NotAllowedError" || error.name === "NotFoundError" ? said.nocamera : error.message;
      box.dataset.state = "failed";
      start.textContent = said.again;
      start.disabled = error.code === "face_frozen";
    } finally {
      if (stream) stream.getTracks().forEach((track) => track.stop());
    }
  }
  start.hidden = false;
  start.addEventListener("click", run);
  const photo = document.querySelector("[data-photo]");
  if (photo && person) {
    // A sandbox car for the invented camera.
    const button = document.querySelector("[data-sandbox-plate]");
    if (button) button.addEventListener("click", async () => {
      const answer = await fetch(box.dataset.sandbox + "/plates/" + encodeURIComponent(document.querySelector("[data-plate]").value) + ".jpg");
      const files = new DataTransfer();
      files.items.add(new File([await answer.blob()], "car.jpg", { type: "image/jpeg" }));
      photo.files = files.files;
    });
  }
})();
