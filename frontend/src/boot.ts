/*
 * Runs as a classic script in <head>, before the first paint, so that a remembered theme never flashes.
 * It must not import anything: lib/preferences.ts writes the same keys.
 */
{
  const root = document.documentElement;
  const read = (key: string): string | null => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const choice = read("theme");
  root.dataset.theme = choice === "light" || choice === "dark" ? choice : dark.matches ? "dark" : "light";
  if (read("density") === "compact") root.dataset.density = "compact";
  const updown = read("updown");
  if (updown === "red-up" || updown === "blue-orange") root.dataset.updown = updown;
}
