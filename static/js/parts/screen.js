// Told on the phone's screen: asked for by a button of the page, never by itself. What a browser says of itself goes to
// our server, and it ends with this session (accounts/push.py).
import { wait } from "./wait.js";

const ADDRESS = "/api/v1/me/screen/";
const PATIENCE_MS = 20000; // a browser whose push service cannot be reached never says so

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (each) => each.charCodeAt(0));
}

const same = (a, b) => a.length === b.length && a.every((each, i) => each === b[i]);

async function subscribed(key) {
  const worker = await navigator.serviceWorker.ready;
  const before = await worker.pushManager.getSubscription();
  const trusts = before?.options?.applicationServerKey;
  if (before && trusts && same(new Uint8Array(trusts), bytes(key))) return before;
  await before?.unsubscribe(); // made for a key of ours that was turned
  return worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
}

async function unanswered() {
  await wait(PATIENCE_MS);
  throw new TypeError("no push service answers this browser");
}

async function agree({ key, token }) {
  if ((await Notification.requestPermission()) !== "granted") return "refused";
  try {
    const { endpoint, keys } = (await Promise.race([subscribed(key), unanswered()])).toJSON();
    const body = JSON.stringify({ endpoint, p256dh: keys.p256dh, auth: keys.auth });
    const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
    const answer = await fetch(ADDRESS, { method: "PUT", headers, body });
    return answer.ok ? "on" : "failed";
  } catch {
    return "failed"; // no push service answers this browser
  }
}

// A browser that cannot, or whose owner said no for good, shows no button.
export function offerScreen() {
  const box = document.querySelector("[data-screen]");
  if (!box || !("PushManager" in window) || !("Notification" in window) || Notification.permission === "denied") return;
  const button = box.querySelector("button");
  const said = box.querySelector("[role=status]");
  box.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    const came = await agree({ key: box.dataset.screen, token: box.dataset.token });
    said.textContent = box.dataset[came];
    button.hidden = came !== "failed";
    button.disabled = false;
  });
}
