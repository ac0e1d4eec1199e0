/* What Django's admin leaves without a name for whoever cannot see the page. */

"use strict";

/** Names the box that stands in for a select, after the select's own label; what is chosen is said after it. */
function name_box(box) {
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
function name_opened(selection) {
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

/** The head of a column that needs none is a cell like others: an empty head is read out as one. */
function drop_empty_heads() {
  for (const head of document.querySelectorAll(".tabular thead th")) {
    if (head.textContent.trim() || head.children.length) continue;
    const cell = document.createElement("td");
    cell.className = head.className;
    head.replaceWith(cell);
  }
}

drop_empty_heads();

function name_boxes() {
  document.querySelectorAll(".select2-container").forEach(name_box);
  document.querySelectorAll(".select2-container--open .select2-selection").forEach(name_opened);
}

name_boxes();
new MutationObserver(name_boxes).observe(document.body, { childList: true, subtree: true });
