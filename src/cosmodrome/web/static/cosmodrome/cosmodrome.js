// Comforts only: every page works without this file.

// On a telephone the data comes first: what is folded there stands open on wide screens.
if (matchMedia("(max-width: 62rem)").matches) {
  for (const fold of document.querySelectorAll("details[data-fold]")) fold.open = false;
}

if (navigator.clipboard) {
  for (const line of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(line.textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
    line.after(button);
  }
}
