// What viser's page lacks: names of the sliders for who cannot see them, and room for the body in narrow windows.
(() => {
  const narrow = window.matchMedia("(max-width: 900px)");
  const plots = () =>
    [...document.querySelectorAll('[aria-label="Collapse panel area"]')].find(
      (button) => button.getBoundingClientRect().left < innerWidth / 2,
    );
  let fold = narrow.matches;
  narrow.addEventListener("change", () => (fold = narrow.matches));
  setInterval(() => {
    for (const label of document.querySelectorAll("label[for]")) {
      const named = document.getElementById(label.htmlFor)?.querySelector("[role=slider]");
      if (named && !named.ariaLabel) named.ariaLabel = label.innerText;
    }
    const button = fold && plots();
    if (!button) return;
    button.click(); // once: who opens the plots again keeps them
    fold = false;
  }, 300);
})();
