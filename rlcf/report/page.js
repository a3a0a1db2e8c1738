const samples = [...document.querySelectorAll("#samples > details")];
const filter = document.getElementById("filter");
const count = document.getElementById("count");
const choices = filter ? [...filter.querySelectorAll("select")] : [];
const words = filter && filter.querySelector("input");
const texts = new Map();
const textOf = (sample) => {
  if (!texts.has(sample)) texts.set(sample, sample.textContent.toLowerCase());
  return texts.get(sample);
};
const fits = (sample) =>
  choices.every((choice) => !choice.value || sample.dataset[choice.name].split(" ").includes(choice.value)) &&
  (!words.value || textOf(sample).includes(words.value.toLowerCase()));
const apply = () => {
  for (const sample of samples) sample.hidden = !fits(sample);
  count.textContent = samples.filter((sample) => !sample.hidden).length;
};
const openAll = (open) => { for (const sample of samples) if (!sample.hidden) sample.open = open; };
if (filter) {
  filter.hidden = false;
  for (const event of ["input", "change"]) filter.addEventListener(event, apply);
  document.getElementById("open").addEventListener("click", () => openAll(true));
  document.getElementById("close").addEventListener("click", () => openAll(false));
  document.getElementById("reset").addEventListener("click", () => {
    for (const choice of choices) choice.value = "";
    words.value = "";
    apply();
  });
  apply();  // a reloaded page keeps what was chosen
}
addEventListener("beforeprint", () => { for (const one of document.querySelectorAll("details.print")) one.open = true; });
