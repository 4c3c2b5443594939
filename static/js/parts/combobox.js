// A field that finds places while one types (ARIA 1.2: a combobox with a list box). Without scripts it has a list.
const WAIT_MS = 150;

class Combobox {
  constructor(input, { ask, chosen }) {
    Object.assign(this, { input, ask, chosen, timer: 0, turn: 0, at: -1, typed: false, shown: "" });
    this.says = document.querySelector("[data-found-says]");
    this.list = document.createElement("ul");
    this.list.id = input.id + "-found";
    this.list.className = "found";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", input.labels[0]?.textContent || "");
    input.after(this.list);
    input.removeAttribute("list");
    Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id,
    }).forEach(([name, value]) => input.setAttribute(name, value));
    this.hearField();
    this.hearList();
  }

  options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  close() {
    this.turn += 1;
    clearTimeout(this.timer);
    this.list.hidden = true;
    this.at = -1;
    this.typed = false;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  go(to) {
    const all = this.options();
    all[this.at]?.setAttribute("aria-selected", "false");
    this.at = (to + all.length) % all.length;
    all[this.at].setAttribute("aria-selected", "true");
    all[this.at].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", all[this.at].id);
  }

  take(option) {
    this.close();
    if (this.says) this.says.textContent = "";
    this.chosen(option);
  }

  // Enter without an option: the only one that fits what was typed, else the next field; never the form's button.
  async enter() {
    const words = this.input.value.trim();
    if (this.typed && words && this.shown !== words) await this.look();
    if (document.activeElement !== this.input || this.input.value.trim() !== words && this.typed) return; // they go on
    const all = this.options();
    if (this.typed && words && this.shown === words && all.length === 1) this.take(all[0]);
    else this.goOn();
  }

  goOn() {
    const all = [...this.input.form.elements].filter((each) => (
      each.matches("input, select, textarea, button") && !each.disabled && each.getClientRects().length
      && (each.type !== "radio" || each.checked)));
    all[all.indexOf(this.input) + 1]?.focus();
  }

  async look() {
    this.turn += 1;
    const mine = this.turn;
    const words = this.input.value.trim();
    const answer = await this.ask(words).catch(() => null);
    if (answer === null || mine !== this.turn || document.activeElement !== this.input) return;
    this.list.innerHTML = answer;
    const all = this.options();
    all.forEach((each, index) => { each.id = `${this.list.id}-${index}`; });
    // What was typed is the whole name of a place: nothing is left to choose.
    const exact = all.find((each) => words && each.dataset.exact);
    if (exact) {
      this.take(exact);
      return;
    }
    this.at = -1;
    this.shown = words;
    this.list.hidden = !this.list.children.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    if (this.says) this.says.textContent = this.list.querySelector("[data-says]")?.dataset.says || "";
  }

  hearField() {
    const { input } = this;
    input.addEventListener("input", (event) => {
      this.typed = true;
      clearTimeout(this.timer);
      // Letters of a Chinese word that is not chosen yet are not looked for.
      if (!event.isComposing) this.timer = setTimeout(() => this.look(), WAIT_MS);
    });
    input.addEventListener("compositionend", () => this.look());
    input.addEventListener("focus", () => { if (!input.value) this.look(); });
    input.addEventListener("click", () => { if (this.list.hidden && !input.value) this.look(); });
    input.addEventListener("blur", () => this.close());
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return; // the key is for a Chinese word
      if (this.pressed(event.key)) event.preventDefault();
    });
  }

  // Whether the key was for the list; Enter always is, for it would press the form's first button.
  pressed(key) {
    if (key === "Escape" && !this.list.hidden) this.close();
    else if (key === "ArrowDown" || key === "ArrowUp") {
      if (this.list.hidden) this.look();
      else if (this.options().length) this.go(key === "ArrowDown" ? this.at + 1 : Math.max(this.at, 0) - 1);
    } else if (key === "Enter") {
      if (!this.list.hidden && this.at >= 0) this.take(this.options()[this.at]);
      else this.enter();
    } else return false;
    return true;
  }

  hearList() {
    // The field keeps the focus: a list that closes before the click would swallow it.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.take(option);
    });
  }
}

// `ask(words)` gives the HTML of options; `chosen(option)` hears which of them was taken. Gives what closes the list.
export function combobox(input, heard) {
  const box = new Combobox(input, heard);
  return () => box.close();
}

// What nobody asked for is not written where somebody is about to type: it waits until they have left.
export function whenLeft(input, byItself, act) {
  if (byItself && document.activeElement === input) input.addEventListener("blur", act, { once: true });
  else act();
}

// What its field has no room for, as at twice the size of text, stands whole above it.
export function write(input, words) {
  input.value = words;
  const label = input.labels[0];
  if (input.scrollWidth > input.clientWidth) label.dataset.whole = words;
  else delete label.dataset.whole;
}
