/** On every page of the admin: a form is sent once, however often its button is clicked. */
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset["sent"]) event.preventDefault();
  form.dataset["sent"] = "yes";
});

// A page that comes back from the browser's store may be sent again.
window.addEventListener("pageshow", () => document.querySelectorAll<HTMLFormElement>("form[data-sent]").forEach((form) => delete form.dataset["sent"]));
