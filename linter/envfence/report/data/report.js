"use strict";
const articles = [...document.querySelectorAll("article")];
const buttons = [...document.querySelectorAll("[data-pair]:is(button)")];
const form = document.querySelector("form");
const more = document.getElementById("more");
const search = document.getElementById("search");
let pair = "";
function show() {
  const words = search.value.toLowerCase();
  let count = 0;
  for (const article of articles) {
    const fits = !pair || article.dataset.pair === pair;
    const quiet = "more" in article.dataset && !more.checked;
    article.hidden = quiet || !fits || !article.textContent.toLowerCase().includes(words);
    count += article.hidden ? 0 : 1;
  }
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.pair === pair));
  document.querySelector("output").textContent = `${count} of ${articles.length}`;
}
for (const button of buttons) {
  button.addEventListener("click", () => {
    pair = pair === button.dataset.pair ? "" : button.dataset.pair;
    if (pair && button.querySelector("b").textContent === "0") more.checked = true;
    show();
    document.querySelector("article:not([hidden])")?.scrollIntoView();
  });
}
more.addEventListener("change", show);
search.addEventListener("input", show);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => { pair = ""; setTimeout(show); });
show();
