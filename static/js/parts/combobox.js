// A field that finds places while one types (ARIA 1.2: a combobox with a list box). Without scripts it has a list.
const WAIT_MS = 150;

// `ask(words)` gives the HTML of options; `chosen(option)` hears which of them was taken.
export function combobox(input, { ask, chosen }) {
  const list = document.createElement("ul");
  list.id = input.id + "-found";
  list.className = "found";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0]?.textContent || "");
  input.after(list);
  input.removeAttribute("list");
  Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
  }).forEach(([name, value]) => input.setAttribute(name, value));
  const says = document.querySelector("[data-found-says]");
  let [timer, turn, at] = [0, 0, -1];

  const options = () => [...list.querySelectorAll("[role=option]")];
  function close() {
    turn += 1;
    clearTimeout(timer);
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function go(to) {
    const all = options();
    all[at]?.setAttribute("aria-selected", "false");
    at = (to + all.length) % all.length;
    all[at].setAttribute("aria-selected", "true");
    all[at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", all[at].id);
  }
  function take(option) {
    close();
    if (says) says.textContent = "";
    chosen(option);
  }
  async function look() {
    turn += 1;
    const mine = turn;
    const words = input.value.trim();
    const answer = await ask(words).catch(() => null);
    if (answer === null || mine !== turn || document.activeElement !== input) return;
    list.innerHTML = answer;
    const all = options();
    all.forEach((each, index) => { each.id = `${list.id}-${index}`; });
    // What was typed is the whole name of a place: nothing is left to choose.
    const exact = all.find((each) => words && each.dataset.exact);
    if (exact) {
      take(exact);
      return;
    }
    at = -1;
    list.hidden = !list.children.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (says) says.textContent = list.querySelector("[data-says]")?.dataset.says || "";
  }

  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(look, WAIT_MS); // letters of a Chinese word that is not chosen yet
  });
  input.addEventListener("compositionend", look);
  input.addEventListener("focus", () => { if (!input.value) look(); });
  input.addEventListener("click", () => { if (list.hidden && !input.value) look(); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) look();
      else if (options().length) go(event.key === "ArrowDown" ? at + 1 : Math.max(at, 0) - 1);
    } else if (event.key === "Enter" && !list.hidden && at >= 0) {
      event.preventDefault();
      take(options()[at]);
    }
  });
  // The field keeps the focus: a list that closes before the click would swallow it.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
  return close;
}
