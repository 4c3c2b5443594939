// The workspace: keys, who else is here, drafts that survive a refusal, parts that fetch themselves when the case changed.
(function () {
  "use strict";
  const all = (query, root) => Array.from((root || document).querySelectorAll(query));
  let marked = -1;

  // --- Keys ---
  function inField(target) { return target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]"); }
  function press(key) {
    const el = document.querySelector('[data-shortcut="' + CSS.escape(key) + '"]');
    if (!el) return false;
    const box = el.closest("details");
    if (el.tagName === "SUMMARY") {
      box.open = true;
      const field = box.querySelector("textarea, input:not([type=hidden])");
      if (field) field.focus();
    } else if (el.tagName === "INPUT") { el.focus(); el.select(); } else el.click();
    return true;
  }
  function move(step) {
    const links = all("[data-queue]");
    if (links.length) {
      const here = links.findIndex((el) => el.getAttribute("aria-current"));
      const to = links[here + step];
      if (to) to.click();
      return;
    }
    const rows = all("[data-row]");
    if (!rows.length) return;
    marked = Math.min(Math.max(marked + step, 0), rows.length - 1);
    rows.forEach((row, at) => row.classList.toggle("marked", at === marked));
    rows[marked].scrollIntoView({ block: "nearest" });
  }
  function help() { const box = document.querySelector("[data-keys]"); if (box && !box.open) box.showModal(); }

  function onKey(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest && event.target.closest("form");
      if (form && form.dataset.action) { event.preventDefault(); form.requestSubmit(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (inField(event.target)) { if (event.key === "Escape") event.target.blur(); return; }
    if (!document.querySelector("[data-keys]")) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "Enter" && marked >= 0 && !event.target.closest("a, button, summary")) window.location.href = all("[data-row]")[marked].dataset.row;
    else if (event.key === "?") help();
    else if (press(event.key)) event.preventDefault();
  }

  // --- Drafts: kept in this window alone, put back after a refusal, gone when it was sent ---
  const code = () => document.querySelector("[data-case]")?.dataset.case || "";
  const draftOf = (form) => "draft:" + code() + ":" + form.dataset.action;
  function restore() {
    all("form[data-action]").forEach((form) => {
      const field = form.querySelector("textarea");
      if (!field) return;
      if (sessionStorage.getItem(draftOf(form) + ":sent")) {
        sessionStorage.removeItem(draftOf(form) + ":sent");
        if (!document.querySelector(".errornote, [data-refused], .messagelist .error, [role=alert]")) sessionStorage.removeItem(draftOf(form));
      }
      const kept = sessionStorage.getItem(draftOf(form));
      if (kept && !field.value) { field.value = kept; const box = form.closest("details"); if (box) box.open = true; }
    });
  }

  // --- Live: what changed is fetched; a form in which somebody writes is left alone and says so ---
  function dirty(box) { return all("textarea, input:not([type=hidden])", box).some((el) => (el.type === "checkbox" || el.type === "radio") ? el.checked !== el.defaultChecked : el.value !== el.defaultValue) || box.contains(document.activeElement) && inField(document.activeElement); }
  function refresh() {
    ["head", "statements", "lines"].forEach((id) => { const el = document.getElementById(id); if (el) htmx.trigger(el, "refresh"); });
    const actions = document.getElementById("actions");
    if (!actions) return;
    if (dirty(actions)) actions.querySelector("[data-stale]").hidden = false; else htmx.trigger(actions, "refresh");
  }

  function present() {
    const box = document.querySelector("[data-here]");
    if (!box || document.hidden) return;
    const writing = document.activeElement && document.activeElement.tagName === "TEXTAREA" && document.activeElement.value ? "1" : "0";
    htmx.ajax("POST", box.dataset.here, { source: box, target: box, swap: "innerHTML", values: { writing } }).catch(() => {});
  }

  function filterLines(root) {
    const kind = document.body.dataset.lines || "";
    all("[data-group]", root).forEach((el) => { el.hidden = Boolean(kind) && el.dataset.group !== kind; });
    all("[data-show]", root).forEach((el) => { el.classList.toggle("here", el.dataset.show === kind); el.setAttribute("aria-pressed", String(el.dataset.show === kind)); });
  }

  // --- Charts: the same rows as the table below them ---
  function charts() {
    if (!window.Chart) return;
    const colours = ["#b42318", "#8a5a00", "#046c4e", "#0b4ea2"];
    all("[data-report]").forEach((canvas) => {
      const data = JSON.parse(document.getElementById(canvas.dataset.report).textContent);
      const many = data.sets.length > 1;
      new Chart(canvas, { type: data.kind, data: { labels: data.names, datasets: data.sets.map((set, at) => ({ label: set.name, data: set.values, backgroundColor: many ? colours[at] : "#046c4e", borderColor: "#046c4e" })) }, options: { animation: false, responsive: true, maintainAspectRatio: false, plugins: { legend: { display: many } }, scales: { x: { stacked: many }, y: { stacked: many, beginAtZero: true } } } });
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    charts();
    document.addEventListener("keydown", onKey);
    restore();
    if (document.querySelector("[data-here]")) { present(); setInterval(present, 10000); }
    filterLines(document);
    document.addEventListener("click", (event) => {
      const el = event.target.closest("[data-help], [data-show], [data-refresh]");
      if (!el) return;
      if (el.matches("[data-help]")) help();
      else if (el.matches("[data-show]")) { document.body.dataset.lines = el.dataset.show; filterLines(document); }
      else htmx.trigger(document.getElementById("actions"), "refresh");
    });
    document.addEventListener("input", (event) => {
      const form = event.target.closest("form[data-action]");
      if (form && event.target.tagName === "TEXTAREA") sessionStorage.setItem(draftOf(form), event.target.value);
    });
    document.addEventListener("submit", (event) => { if (event.target.dataset.action) sessionStorage.setItem(draftOf(event.target) + ":sent", "1"); });
    document.addEventListener("change", (event) => {
      const choice = event.target.closest("[data-macro]");
      if (!choice || !choice.value) return;
      fetch(choice.dataset.macro.replace("MACRO", choice.value), { headers: { Accept: "application/json" } }).then((answer) => answer.json()).then((found) => {
        const field = choice.closest("form").querySelector("textarea");
        field.value = field.value ? field.value + "\n" + found.text : found.text;
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.focus();
      });
    });
    document.body.addEventListener("htmx:afterSettle", (event) => { filterLines(document); if (event.target.id === "actions") restore(); });
    let waiting = null;
    document.addEventListener("huhang-cases", (event) => {
      if (code()) { if (event.detail.includes(code())) refresh(); return; }
      const note = document.querySelector("[data-new]"); // the list never jumps under the mouse
      if (note && !waiting) waiting = setTimeout(() => { waiting = null; note.hidden = false; }, 1000);
    });
  });
})();
