// Names what Django's admin leaves without one for screen readers.

/** Names the box that stands in for a select, after the select's own label; what is chosen is said after it. */
function nameBox(box) {
  const select = box.previousElementSibling;
  const selection = box.querySelector(".select2-selection");
  const shown = box.querySelector(".select2-selection__rendered");
  if (!select || !selection || !shown || box.dataset.named) return;
  const name = document.createElement("span");
  name.id = `${select.id}-name`;
  shown.id ||= `${select.id}-shown`; // of several choices it has none
  name.className = "visually-hidden";
  name.textContent = select.labels[0]?.textContent.trim().replace(/:$/, "") || select.getAttribute("aria-label") || "";
  box.append(name);
  box.dataset.named = "yes";
  selection.setAttribute("aria-labelledby", `${name.id} ${shown.id}`);
  box.querySelector(".select2-search__field")?.setAttribute("aria-labelledby", name.id); // of several choices
  shown.setAttribute("aria-label", name.textContent);
}

/** Says of an open box which list it opened, and names that list and the field to search in it. */
function nameOpened(selection) {
  const list = document.querySelector(".select2-container--open .select2-results__options");
  const named = selection.getAttribute("aria-labelledby")?.split(" ")[0];
  if (!list || !named) return;
  selection.setAttribute("aria-controls", list.id);
  const outside = document.querySelector("body > .select2-container--open"); // it is put at the end of the page, in no landmark
  outside?.setAttribute("role", "region");
  for (const opened of [outside, list, document.querySelector(".select2-container--open .select2-search__field")]) {
    opened?.setAttribute("aria-labelledby", named);
  }
}

/** A column header without text becomes an ordinary cell: screen readers read out an empty header. */
function dropEmptyHeaders() {
  for (const head of document.querySelectorAll(".tabular thead th")) {
    if (head.textContent.trim() || head.children.length) continue;
    const cell = document.createElement("td");
    cell.className = head.className;
    head.replaceWith(cell);
  }
}

/** The menu is long, and opens where the present list is in it. */
function showPresentList() {
  const menu = document.getElementById("nav-sidebar");
  const present = menu?.querySelector("[aria-current=page]")?.getBoundingClientRect();
  if (present) menu.scrollTop += present.top - menu.getBoundingClientRect().top - menu.clientHeight / 2;
}

dropEmptyHeaders();
showPresentList();

function nameBoxes() {
  document.querySelectorAll(".select2-container").forEach(nameBox);
  document.querySelectorAll(".select2-container--open .select2-selection").forEach(nameOpened);
}

nameBoxes();
new MutationObserver(nameBoxes).observe(document.body, { childList: true, subtree: true });
