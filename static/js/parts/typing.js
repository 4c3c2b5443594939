// A part that refreshes itself must not take away what somebody is typing.
export function keepWhatIsTyped() {
  document.addEventListener("htmx:beforeRequest", (event) => {
    const busy = document.activeElement;
    const typing = busy && event.target.contains(busy) && busy.matches("input, textarea, select");
    if (event.detail.requestConfig.verb === "get" && typing) event.preventDefault();
  });
}
