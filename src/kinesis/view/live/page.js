// What viser's page lacks: a title, names of the sliders for who cannot see them, most of the window for the body.
(() => {
  document.title = "kinesis";
  const narrow = window.matchMedia("(max-width: 1150px)"); // beside plots and controls the body has under half
  const all = (what) => [...document.querySelectorAll(what)];
  const leftOf = (button) => button.getBoundingClientRect().left;
  const docked = () => all('[aria-label="Collapse panel area"]').sort((one, other) => leftOf(one) - leftOf(other));
  const isLeft = (button, place, buttons) => (buttons.length > 1 ? place === 0 : leftOf(button) < innerWidth / 2);
  // In windows as narrow as a phone there is one panel, at the bottom; its title folds it.
  const title = () => all("div").find((div) => div.innerText === document.title && !div.closest("[data-dock-tab]"));
  const ways = {
    plots: () => docked().find(isLeft),
    controls: () => docked().find((...button) => !isLeft(...button)) ?? title(),
  };
  const asked = {};
  const fold = { plots: narrow.matches, controls: window.matchMedia("(max-width: 700px)").matches };
  let wasNarrow = narrow.matches;
  setInterval(() => {
    if (narrow.matches !== wasNarrow) fold.plots = wasNarrow = narrow.matches; // seen, as a busy page may lose the event
    for (const label of all("label[for]")) {
      const named = document.getElementById(label.htmlFor)?.querySelector("[role=slider]");
      if (named && !named.ariaLabel) named.ariaLabel = label.innerText;
    }
    for (const part in ways) {
      const button = fold[part] && ways[part]();
      if (button) button.click();
      // Who opens it again keeps it; but a busy page may lose a click, so a docked panel has to be seen gone.
      if (button ? !docked().includes(button) : asked[part]) fold[part] = false;
      asked[part] = fold[part] && Boolean(button);
    }
  }, 300);
})();
