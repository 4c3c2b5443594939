// One tap for an own place: the empty end that somebody stood in, else where they go. Without scripts it is a link.

// `wanted()` is the end that was last stood in; `take(end, place)` hears which place goes there.
export function hearOwn(form, wanted, take) {
  form.querySelectorAll("[data-own]").forEach((chip) => chip.addEventListener("click", (event) => {
    event.preventDefault();
    const ends = [wanted(), "destination"].filter(Boolean);
    take(ends.find((name) => !form.elements[name].value) || ends[0], chip.dataset);
  }));
}
