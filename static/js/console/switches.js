// What each desk decides for itself, and what hides by itself.
import { beep, isSilent } from "./beep.js";

export function soundSwitch() {
  document.querySelectorAll("[data-sound]").forEach((el) => {
    const show = () => { el.textContent = isSilent() ? el.dataset.off : el.dataset.on; };
    show();
    el.addEventListener("click", () => {
      localStorage.setItem("huhang-sound", isSilent() ? "on" : "off");
      show();
      beep();
      if (!isSilent() && window.Notification?.permission === "default") Notification.requestPermission();
    });
  });
}

const isSoft = () => localStorage.getItem("huhang-soft") !== "off";

// What is hard to look at is blurred until somebody wants to see it.
export function blurSwitch() {
  document.querySelectorAll("[data-soft]").forEach((el) => {
    const show = () => {
      document.querySelectorAll(".hh").forEach((part) => part.classList.toggle("soft", isSoft()));
      el.textContent = isSoft() ? el.dataset.on : el.dataset.off;
      el.setAttribute("aria-pressed", String(isSoft()));
    };
    show();
    el.addEventListener("click", () => {
      localStorage.setItem("huhang-soft", isSoft() ? "off" : "on");
      show();
    });
  });
  document.addEventListener("click", (event) => {
    if (event.target.matches(".evidence")) event.target.classList.toggle("shown");
  });
}

// A revealed phone number or name goes after its seconds.
export function hideAfter() {
  document.querySelectorAll("[data-hide-after]").forEach((el) => {
    setTimeout(() => {
      el.textContent = el.dataset.hidden;
      el.className = "";
    }, Number(el.dataset.hideAfter) * 1000);
  });
}
