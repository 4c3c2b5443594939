// The phone's own hand when no page can be fetched: the page with SOS, its SMS and the numbers comes in its place, in
// the language that was read last. `KEPT` stands before this text (config/installed.py). Nothing else is ever kept.
const { KEPT } = self;
const CACHE = `huhang-${KEPT.version}`;
const LANGUAGE = "/language"; // under which the last language is remembered
const OURS = new Set(KEPT.files);
// Pages of those who work here: without a network they show nothing.
const NOT_FOR = /^\/(admin|police)\//;

async function install() {
  const cache = await caches.open(CACHE);
  const wanted = [...Object.values(KEPT.pages), ...KEPT.files];
  // Without cookies: what is kept is the same for everybody.
  await Promise.all(wanted.map(async (address) => {
    const answer = await fetch(address, { credentials: "omit", cache: "reload" });
    if (!answer.ok) throw new TypeError(`${address}: ${answer.status}`);
    await cache.put(address, answer);
  }));
  await self.skipWaiting();
}

async function activate() {
  const before = await caches.open(CACHE);
  const names = (await caches.keys()).filter((name) => name.startsWith("huhang-") && name !== CACHE);
  const said = await caches.match(LANGUAGE);
  if (said && !(await before.match(LANGUAGE))) await before.put(LANGUAGE, said);
  await Promise.all(names.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function remember(language) {
  if (!KEPT.pages[language]) return;
  const cache = await caches.open(CACHE);
  const before = await cache.match(LANGUAGE);
  if (before && (await before.text()) === language) return;
  await cache.put(LANGUAGE, new Response(language));
}

async function alone() {
  const cache = await caches.open(CACHE);
  const said = await cache.match(LANGUAGE);
  const address = KEPT.pages[said ? await said.text() : ""] || Object.values(KEPT.pages)[0];
  return (await cache.match(address)) || Response.error();
}

async function page(event) {
  try {
    const answer = await fetch(event.request);
    event.waitUntil(remember(answer.headers.get("content-language")));
    return answer;
  } catch {
    return alone();
  }
}

async function file(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(request)) || Response.error();
  }
}

// What the page's owner asked to see: one sentence, and the page that it opens. A browser has to show every message, so
// one that cannot be read is shown as our name alone.
async function show(event) {
  let said = {};
  try {
    said = event.data.json();
  } catch {
    // Nothing in it, or not ours.
  }
  const { text = "", tag = "huhang", lang = "", page: opens, reader } = said;
  const before = await self.registration.getNotifications();
  before.filter(({ data }) => data?.reader !== reader).forEach((each) => each.close());
  await self.registration.showNotification("护航 Huhang", {
    body: text, tag, lang, renotify: true, icon: KEPT.icon, badge: KEPT.icon, data: { page: opens, reader },
  });
}

async function open(address) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((each) => new URL(each.url).pathname === address.pathname);
  if (there) return there.focus();
  return self.clients.openWindow(address.href);
}

self.addEventListener("push", (event) => event.waitUntil(show(event)));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const address = new URL(event.notification.data?.page || "/", self.location.origin);
  if (address.origin === self.location.origin) event.waitUntil(open(address));
});
self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin || NOT_FOR.test(pathname)) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (OURS.has(pathname)) event.respondWith(file(request));
});
