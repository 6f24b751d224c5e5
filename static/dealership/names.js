// Fields in which one chooses by typing (select2) are read aloud by their label; by themselves they have no name.

function nameFields() {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const label = document.querySelector(`label[for="${select.id}"]`);
    const box = select.parentElement.querySelector(".select2-selection[role=combobox]");
    const shown = box?.querySelector("[role=textbox]");
    if (!label || !shown) continue;
    label.id ||= `label-${select.id}`;
    box.setAttribute("aria-labelledby", `${label.id} ${shown.id}`);
    shown.setAttribute("aria-labelledby", label.id);
  }
}

// jQuery calls in the order in which it was asked: Django's own script has asked it to make the fields before.
window.django?.jQuery?.(nameFields);
document.addEventListener("formset:added", () => setTimeout(nameFields));
