"use strict";
(() => {
  const form = document.getElementById("filters");
  if (!form) return;
  const shown = document.getElementById("shown");
  const stories = [...document.querySelectorAll(".day li")];
  const days = [...document.querySelectorAll(".day")];
  const attributes = { initiative: "i", language: "l", country: "c", outlet: "o" };
  // Letters without accents and case: "reglement" finds "Règlement".
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = new Map();
  const textOf = (story) => {
    if (!texts.has(story)) texts.set(story, plain(story.textContent));
    return texts.get(story);
  };
  const apply = () => {
    const wanted = Object.entries(attributes).map(([name, key]) => [key, form.elements[name].value]).filter((one) => one[1]);
    const words = plain(form.elements.words.value).split(/\s+/).filter(Boolean);
    let count = 0;
    for (const story of stories) {
      const fits =
        wanted.every(([key, value]) => story.dataset[key].split(" ").includes(value)) &&
        words.every((word) => textOf(story).includes(word));
      story.hidden = !fits;
      count += fits;
    }
    for (const day of days) day.hidden = !day.querySelector("li:not([hidden])");
    const all = stories.length;
    shown.textContent = count === all ? `${all} ${all === 1 ? "story" : "stories"}` : `${count} of ${all} stories shown`;
  };
  const remember = () => {
    const state = new URLSearchParams([...new FormData(form)].filter((one) => one[1]));
    try { history.replaceState(null, "", `#${state}`); } catch { /* the filters work without it */ }
  };
  const recall = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const name of [...Object.keys(attributes), "words"]) if (state.has(name)) form.elements[name].value = state.get(name);
    apply();
  };
  const name = (kind) => {
    try {
      const names = new Intl.DisplayNames(["en"], { type: kind });
      return (code) => { try { return names.of(code) || code; } catch { return code; } };
    } catch { return (code) => code; }
  };
  const country = name("region");
  for (const option of form.elements.country.options) if (option.value) option.textContent = country(option.value);
  form.hidden = false;
  form.addEventListener("input", () => { apply(); remember(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { apply(); remember(); }));
  addEventListener("hashchange", recall);
  for (const link of document.querySelectorAll("[data-show]")) {
    link.addEventListener("click", () => {
      form.reset();
      setTimeout(() => { form.elements.initiative.value = link.dataset.show; apply(); remember(); document.getElementById("stories").focus(); });
    });
  }
  recall();
})();
