// The product key's field: finds the key in what is typed or pasted, writes it in five groups of five, and says what is
// wrong with it before it is sent. What it does not understand it leaves as it was typed. The server finds keys in the same
// way (benefits_portal/key_format.py), so nothing depends on this script; tests/key_examples.py holds both to one table.
const PREFIX = "PCBEN";
const ALPHABET = "BCDFGHJKMPQRTVWXY2346789";
const LENGTH = 25;
// Letters of other alphabets that nobody tells from those of PREFIX: Cyrillic, then Greek
const LOOK_ALIKES = { Р: "P", С: "C", В: "B", Е: "E", Ρ: "P", Β: "B", Ε: "E", Ν: "N" };
const GAP = { NOTHING: 0, DASH: 1, SPACE: 2, APART: 3 };

// null for a letter or a digit
function gapOf(character) {
  if (/[\p{Cf}\p{M}\u115F\u1160]/u.test(character)) return GAP.NOTHING;
  if (/[\p{L}\p{N}]/u.test(character)) return null;
  if (/[\p{Pd}\u2212_.]/u.test(character)) return GAP.DASH;
  return /[\p{Ps}\p{Pe},;:/]/u.test(character) ? GAP.APART : GAP.SPACE;
}

function lettersOf(text) {
  const letters = [];
  let gap = GAP.APART;
  for (const character of text.normalize("NFKD").toUpperCase().normalize("NFKD")) {
    const between = gapOf(character);
    if (between === null) letters.push({ character, gap });
    gap = between === null ? GAP.NOTHING : Math.max(gap, between);
  }
  return letters;
}

const isOurs = ({ character }) => ALPHABET.includes(character);
const spelled = (letters) => letters.map(({ character }) => character).join("");

function goesOn(letters, length, end, byFive) {
  const { gap } = letters[length];
  if (gap <= GAP.DASH) return true;
  if (gap === GAP.APART || end > LENGTH) return false;
  return (byFive && end - length === 5) || letters.slice(length, end).every(isOurs);
}

// What belongs together of `letters`, which begin with what looks like PCBEN.
function keyText(letters) {
  let length = PREFIX.length;
  for (let byFive = true; length < letters.length; ) {
    let end = length + 1;
    while (end < letters.length && letters[end].gap === GAP.NOTHING) end += 1;
    if (!goesOn(letters, length, end, byFive)) break;
    byFive &&= end - length === 5;
    length = end;
  }
  return letters.slice(0, length);
}

function keyTexts(letters) {
  const found = [];
  const asSeen = (character) => LOOK_ALIKES[character] ?? (character.length === 1 ? character : "\0");
  const characters = letters.map(({ character }) => asSeen(character)).join("");
  for (let start = characters.indexOf(PREFIX); start >= 0; ) {
    const next = characters.indexOf(PREFIX, start + PREFIX.length);
    const torn = letters.slice(start + 1, start + PREFIX.length).some(({ gap }) => gap === GAP.APART);
    if (!torn) found.push(keyText(letters.slice(start, next < 0 ? letters.length : next)));
    start = next;
  }
  return found;
}

const isForeign = ({ character }, place) => !(PREFIX[place] ?? ALPHABET).includes(character);
const isWhole = (letters) => letters.length === LENGTH && !letters.some(isForeign);

// ISO 7064, as python-stdnum's mod_37_36 computes it over our alphabet.
function isConsistent(key) {
  const modulus = ALPHABET.length;
  const add = (check, character) => ((((check || modulus) * 2) % (modulus + 1)) + ALPHABET.indexOf(character)) % modulus;
  return Array.from(key.slice(PREFIX.length)).reduce(add, modulus / 2) === 1;
}

// What is wrong, as the name of a hint and what stands in its sentence; with `key` where there is one.
function judge(text) {
  const found = keyTexts(lettersOf(text));
  const complete = found.filter((letters) => letters.length === LENGTH);
  const count = new Set(complete.map(spelled)).size;
  if (count > 1) return { hint: "several", count };
  if (!found.length) return { hint: "none" };
  const [letters] = [...complete, ...found];
  const key = spelled(letters);
  if (isWhole(letters)) return { hint: isConsistent(key) ? "" : "mistyped", key };
  const index = letters.slice(0, LENGTH).findIndex(isForeign);
  const place = { character: letters[index]?.character, group: Math.floor(index / 5) + 1, place: (index % 5) + 1 };
  const foreign = { hint: place.character < "\x80" ? "foreign" : "alphabet", ...place };
  if (letters.length === LENGTH) return foreign;
  const length = { hint: letters.length < LENGTH ? "short" : "long", length: letters.length };
  return index < 0 ? length : { ...length, early: foreign };
}

const grouped = (characters) => characters.match(/.{1,5}/g)?.join("-") ?? "";

// One error at a time: what the server said, at the field and at the top, was about what stood here before.
function hideOldErrors(field, areOld) {
  document.getElementById(field.dataset.keyError)?.toggleAttribute("hidden", areOld);
  const line = document.querySelector(`.error-summary li:has(a[href="#${field.id}"])`);
  line?.toggleAttribute("hidden", areOld);
  const summary = line?.closest(".error-summary");
  summary?.toggleAttribute("hidden", !summary.querySelector("li:not([hidden])"));
}

function show(field, verdict) {
  const hint = document.getElementById(field.dataset.keyField);
  if (!hint) return;
  const sentence = verdict?.hint ? (hint.dataset[verdict.hint] ?? "") : "";
  const text = sentence.replace(/%\((\w+)\)s/g, (_placeholder, name) => verdict[name]);
  if (hint.textContent !== text) hint.textContent = text;
  hideOldErrors(field, Boolean(text) || field.value !== field.defaultValue);
  if (text) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

// One key or its beginning, with nothing but blanks and hyphens in it: it can be grouped without losing anything.
function isPlain(text) {
  const letters = lettersOf(text);
  const plain = [...text.normalize("NFKD")].every((character) => /[A-Za-z0-9\s]/.test(character) || (gapOf(character) ?? GAP.SPACE) <= GAP.DASH);
  const begins = letters.length < PREFIX.length ? PREFIX.startsWith(spelled(letters)) : keyTexts(letters)[0]?.length === letters.length;
  return plain && begins;
}

function format(field, erasing) {
  if (!isPlain(field.value)) return;
  const before = lettersOf(field.value.slice(0, field.selectionStart)).length;
  field.value = grouped(spelled(lettersOf(field.value)));
  const caret = before + Math.floor(Math.max(erasing ? before - 1 : before, 0) / 5);
  field.setSelectionRange(caret, caret);
}

const PASTED = ["insertFromPaste", "insertFromDrop", "insertReplacementText"];

function typed(field, inputType = "") {
  const verdict = judge(field.value);
  if (verdict.key && PASTED.includes(inputType)) field.value = grouped(verdict.key);
  else format(field, inputType.startsWith("delete"));
  const early = verdict.early ?? verdict;
  show(field, ["foreign", "alphabet", "long", "several", "mistyped"].includes(early.hint) ? early : null);
}

const isKeyField = (event) => event.target.matches?.("[data-key-field]");

document.addEventListener("input", (event) => {
  if (isKeyField(event) && !event.isComposing) typed(event.target, event.inputType);
});
document.addEventListener("compositionend", (event) => isKeyField(event) && typed(event.target));
document.addEventListener("change", ({ target: field }) => {
  if (!field.matches?.("[data-key-field]") || !field.value.trim()) return;
  const { key } = judge(field.value);
  if (key) field.value = grouped(key);
  const say = () => show(field, judge(field.value));
  if (whenReleased) whenReleased.then(say);
  else say();
});

// What is said takes a line: the button that one is pressing would slip away before it is released.
let whenReleased = null;
let release = null;
document.addEventListener("pointerdown", () => {
  whenReleased = new Promise((resolve) => { release = resolve; });
});
for (const type of ["pointerup", "pointercancel"]) {
  document.addEventListener(type, () => setTimeout(() => {
    release?.();
    whenReleased = null;
  }));
}

// A field of one line drops line breaks, and with them what keeps a key apart from the next line.
document.addEventListener("paste", (event) => {
  const text = isKeyField(event) ? event.clipboardData.getData("text/plain") : "";
  if (!/[\r\n]/.test(text)) return;
  event.preventDefault();
  const field = event.target;
  field.setRangeText(text.replace(/[\r\n]+/g, " "), field.selectionStart, field.selectionEnd, "end");
  typed(field, "insertFromPaste");
});
