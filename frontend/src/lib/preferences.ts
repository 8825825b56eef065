/** What a person chose for his eyes: theme, density, colours of up and down. Kept in this browser. */

import { $$ } from "./dom";

type Name = "theme" | "density" | "updown";

const DEFAULTS: Record<Name, string> = { theme: "system", density: "comfortable", updown: "green-up" };

export function chosen(name: Name): string {
  try {
    return localStorage.getItem(name) ?? DEFAULTS[name];
  } catch {
    return DEFAULTS[name];
  }
}

const systemDark = matchMedia("(prefers-color-scheme: dark)");

function apply(): void {
  const root = document.documentElement;
  const theme = chosen("theme");
  root.dataset.theme = theme === "system" ? (systemDark.matches ? "dark" : "light") : theme;
  for (const name of ["density", "updown"] as const) {
    const value = chosen(name);
    if (value === DEFAULTS[name]) delete root.dataset[name];
    else root.dataset[name] = value;
  }
  document.dispatchEvent(new CustomEvent("preferences"));
}

/** Remember a choice, show it, and tell charts to take the new colours. */
export function choose(name: Name, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Private windows may refuse storage: the choice then lasts for this page only.
    document.documentElement.dataset[name] = value;
  }
  apply();
  show();
}

function show(): void {
  for (const input of $$<HTMLInputElement>("[data-preference]")) {
    input.checked = chosen(input.dataset.preference as Name) === input.value;
  }
}

export function startPreferences(): void {
  show();
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input instanceof HTMLInputElement && input.dataset.preference) {
      choose(input.dataset.preference as Name, input.value);
    }
  });
  systemDark.addEventListener("change", apply);
  addEventListener("storage", () => {
    apply();
    show();
  });
}
