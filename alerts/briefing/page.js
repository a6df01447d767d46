"use strict";
(() => {
  const form = document.getElementById("filters");
  if (!form) return;
  const shown = document.getElementById("shown");
  const stories = [...document.querySelectorAll(".day li")];
  const days = [...document.querySelectorAll(".day")];
  const attributes = { initiative: "i", language: "l", country: "c", outlet: "o" };
  const fields = [...Object.keys(attributes), "words"].map((name) => form.elements[name]);
  // Letters without accents and case: "reglement" finds "Règlement".
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = new Map();
  const textOf = (story) => {
    if (!texts.has(story)) texts.set(story, plain([...story.querySelectorAll("h4, blockquote")].map((one) => one.textContent).join("\n")));
    return texts.get(story);
  };
  const chosen = () => fields.filter((field) => field.value.trim());
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
    const all = `${stories.length.toLocaleString("en")} ${stories.length === 1 ? "story" : "stories"}`;
    const by = chosen().map((field) => (field.options ? field.selectedOptions[0].textContent : `“${field.value.trim()}”`));
    shown.textContent = by.length ? `${count.toLocaleString("en")} of ${all}: ${by.join(", ")}` : all;
  };
  // The address keeps what is chosen, so that a bookmark or a forwarded link shows the same.
  const remember = () => {
    const state = new URLSearchParams(chosen().map((field) => [field.name, field.value.trim()]));
    try { history.replaceState(null, "", `#${state}`); } catch { /* the filters work without it */ }
  };
  const choose = (values) => {
    for (const field of fields) {
      const value = values.get(field.name) || "";
      // A bookmark may name what is not in this period's news: then nothing fits, which is the answer.
      if (field.options && ![...field.options].some((option) => option.value === value)) field.add(new Option(value, value));
      field.value = value;
    }
    apply();
  };
  const recall = () => {
    const state = location.hash.slice(1);
    if (!state || state.includes("=")) choose(new URLSearchParams(state));
    else if (chosen().length) remember(); // a link within the page: what is chosen stays
  };
  const name = (kind) => {
    try {
      const names = new Intl.DisplayNames(["en"], { type: kind });
      return (code) => { try { return names.of(code) || code; } catch { return code; } };
    } catch { return (code) => code; }
  };
  const country = name("region");
  const countries = [...form.elements.country.options].slice(1);
  for (const option of countries) option.textContent = country(option.value);
  for (const option of countries.sort((a, b) => a.text.localeCompare(b.text, "en"))) form.elements.country.add(option);
  form.hidden = false;
  form.addEventListener("input", () => { apply(); remember(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => { event.preventDefault(); choose(new Map()); remember(); });
  addEventListener("hashchange", recall);
  for (const link of document.querySelectorAll("[data-show]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      choose(new Map([["initiative", link.dataset.show]]));
      remember();
      document.getElementById("stories").focus();
    });
  }
  recall();
})();
