// The photo of car and plate: the page's own camera with a frame where the plate has to stand. Where no camera can be
// opened the field for a file stays, which phones open the camera for.
import { putFile } from "./files.js";

const SIDE = 1600;

export class PlateCamera {
  constructor(form, spots) {
    this.form = form;
    this.spots = spots;
    this.spot = "";
    this.aim = form.querySelector("[data-aim]");
    this.video = this.aim.querySelector("video");
    this.shoot = form.querySelector("[data-shoot]");
    this.shoot.addEventListener("click", () => this.take());
  }

  // Where the plate has to stand, as the server's answer to the face check says.
  async ask(spot, invented = false) {
    this.spot = spot;
    this.form.querySelector("[data-spot-name]").textContent = this.spots[spot] || "";
    const { style } = this.aim.querySelector("[data-spot-box]");
    style.inset = "auto";
    style[spot.startsWith("upper") ? "top" : "bottom"] = "2%";
    style[spot.endsWith("left") ? "left" : "right"] = "2%";
    if (invented) return; // a sandbox car is photographed by its own button
    try {
      const video = { facingMode: "environment", width: { ideal: SIDE } };
      this.video.srcObject = await navigator.mediaDevices.getUserMedia({ video, audio: false });
      await this.video.play();
      this.aim.hidden = false;
      this.shoot.hidden = false;
    } catch {
      this.aim.hidden = true; // no camera, or not allowed: the field below takes the photo
    }
  }

  take() {
    const { videoWidth, videoHeight } = this.video;
    const canvas = document.createElement("canvas");
    canvas.width = videoWidth;
    canvas.height = videoHeight;
    canvas.getContext("2d").drawImage(this.video, 0, 0);
    canvas.toBlob((blob) => {
      putFile(this.form.querySelector("[data-photo]"), blob, "car.jpg");
      this.video.srcObject.getTracks().forEach((track) => track.stop());
      this.form.requestSubmit();
    }, "image/jpeg", 0.92);
  }
}
