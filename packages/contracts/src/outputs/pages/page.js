/* Search and filters. Without it the page is whole, only longer. */
{
  const query = document.getElementById("q");
  const found = document.getElementById("found");
  const nothing = document.getElementById("nothing");
  const boxes = [...document.querySelectorAll("fieldset input")];
  const cards = [...document.querySelectorAll("article[data-search]")];
  const links = new Map([...document.querySelectorAll("nav li")].map((item) => [item.dataset.for, item]));

  const show = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kinds = new Set(boxes.filter((box) => box.checked).map((box) => box.name));
    let count = 0;
    for (const card of cards) {
      const fits = kinds.has(card.dataset.kind) && words.every((word) => card.dataset.search.includes(word));
      card.hidden = !fits;
      links.get(card.id).hidden = !fits;
      if (fits) count++;
    }
    found.value = `${count} ${count === 1 ? "event" : "events"}`;
    nothing.hidden = count > 0;
    document.body.classList.toggle("searching", words.length > 0);
  };

  /** The card that the address names, open and in sight, even when a search hides it. */
  const reveal = () => {
    const card = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!card?.matches("article")) return;
    if (card.hidden) {
      query.value = "";
      for (const box of boxes) box.checked = true;
      show();
    }
    for (const details of card.querySelectorAll("details")) details.open = true;
    card.scrollIntoView();
  };

  query.addEventListener("input", show);
  for (const box of boxes) box.addEventListener("change", show);
  document.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const first = cards.find((card) => !card.hidden);
    if (first) location.hash = first.id;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== query) {
      event.preventDefault();
      query.select();
    } else if (event.key === "Escape" && document.activeElement === query) {
      query.value = "";
      show();
    }
  });
  addEventListener("hashchange", reveal);
  show();
  reveal();
}
