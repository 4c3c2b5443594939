// A password can be looked at while it is typed, and a new one says how good it is. The server decides
// (`accounts/passwords.py`), which also knows the common ones and its owner: here length and repetition count.

const SHORTEST = 12;
const ENOUGH = 9;
const VERY_GOOD = 16;

// How many of its characters do not only go on: neither the same once more nor one up or down.
export function worth(text) {
  const signs = [...text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ")];
  let found = 0;
  let step = NaN;
  signs.forEach((sign, at) => {
    const next = at ? sign.codePointAt(0) - signs[at - 1].codePointAt(0) : NaN;
    if (!(next === step && Math.abs(next) <= 1)) found += 1;
    step = next;
  });
  return found;
}

// 0 too short, 1 easily guessed, 2 good, 3 very good.
export function strength(text) {
  const length = [...text.replace(/\s+/g, " ")].length;
  if (length < SHORTEST) return 0;
  const found = worth(text);
  if (found < ENOUGH) return 1;
  return found < VERY_GOOD ? 2 : 3;
}

function showButton(field) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  const say = () => {
    const hidden = field.type === "password";
    button.textContent = hidden ? field.dataset.show : field.dataset.hide;
    button.setAttribute("aria-pressed", String(!hidden));
  };
  button.addEventListener("click", () => {
    field.type = field.type === "password" ? "text" : "password";
    say();
    field.focus();
  });
  // What is sent is a password again, which browsers keep as one and do not offer as a word.
  field.form.addEventListener("submit", () => { field.type = "password"; });
  say();
  field.after(button);
}

function showMeter(field) {
  const words = field.dataset.strength.split(/\s*[,，、]\s*/);
  const meter = document.createElement("meter");
  Object.assign(meter, { min: 0, max: 3, low: 2, high: 3, optimum: 3 });
  meter.setAttribute("aria-hidden", "true");
  const said = document.createElement("output");
  field.addEventListener("input", () => {
    meter.value = strength(field.value);
    said.textContent = field.value ? words[meter.value] : "";
  });
  field.parentElement.append(meter, " ", said);
}

export function preparePasswords(root) {
  root.querySelectorAll("input[data-show]").forEach(showButton);
  root.querySelectorAll("input[data-strength]").forEach(showMeter);
}
