/** Close codes of the platform's WebSockets after which nothing is tried again, and what to do then. */

const WORDS: Record<number, string> = {
  4401: "You are signed out. Load this page again and sign in.",
  4403: "The server takes no connection from a page of this address. Open the platform at its own address.",
  4429: "Too many pages are open. Close some of them, then load this one again.",
};

export const isFinal = (code: number): boolean => code in WORDS;

/** What happened and what to do; empty for a code after which the connection is tried again. */
export const refusedWords = (code: number): string => WORDS[code] ?? "";
