// The stream says that something changed; the part asks what. While it is silent, the part asks every few seconds.
export function listenForChanges(part) {
  if (!window.EventSource) return;
  const stream = new EventSource("/live/trips/?key=" + encodeURIComponent(part.dataset.live));
  stream.onmessage = () => window.htmx.trigger(part, "changed");
  window.addEventListener("pagehide", () => stream.close());
}
