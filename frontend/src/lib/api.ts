/** Calls of our own API. Errors carry the server's sentence and request id. */

/** One fault in a body: where it is, what is wrong. */
export type Fault = { loc: (string | number)[]; msg: string; type: string };

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    readonly requestId: string,
    readonly faults: Fault[] = [],
    readonly retryAfterS = 0,
  ) {
    super(message);
  }
}

const OFFLINE = "The server did not answer. Check the connection and try again.";

async function refused(response: Response): Promise<ApiError> {
  const requestId = response.headers.get("X-Request-ID") ?? "";
  try {
    const body = (await response.json()) as { detail?: string; code?: string; errors?: Fault[] };
    const wait = Number(response.headers.get("Retry-After") ?? 0);
    return new ApiError(body.detail ?? OFFLINE, response.status, body.code ?? "", requestId, body.errors ?? [], wait);
  } catch {
    return new ApiError(`The server answered with status ${response.status}.`, response.status, "", requestId);
  }
}

async function send(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...init });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(OFFLINE, 0, "OFFLINE", "");
  }
  if (!response.ok && response.status !== 304) throw await refused(response);
  return response;
}

export async function getJson<T>(url: string, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { headers: { Accept: "application/json" } };
  if (signal) init.signal = signal;
  return (await send(url, init)).json() as Promise<T>;
}

/** Fetch again only what changed: null when the server says 304. */
export class ConditionalGet<T> {
  private tags = new Map<string, string>();

  async read(url: string, signal?: AbortSignal): Promise<T | null> {
    const headers: Record<string, string> = { Accept: "application/json" };
    const tag = this.tags.get(url);
    if (tag) headers["If-None-Match"] = tag;
    const init: RequestInit = { headers, cache: "no-store" };
    if (signal) init.signal = signal;
    const response = await send(url, init);
    if (response.status === 304) return null;
    const next = response.headers.get("ETag");
    if (next) this.tags.set(url, next);
    return (await response.json()) as T;
  }

  forget(): void {
    this.tags.clear();
  }
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** The page at an address, as its server renders it now. */
export async function getPage(url: string): Promise<Document> {
  const response = await send(url, { headers: { Accept: "text/html" }, cache: "no-store" });
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/** A file that the API makes, with the name it gives it. */
export async function getFile(url: string): Promise<{ blob: Blob; name: string }> {
  const response = await send(url, { cache: "no-store" });
  const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "download";
  return { blob: await response.blob(), name };
}

/** `bearer`: a token to send instead of relying on the cookie. `signal` takes the question back. */
export async function sendJson<T>(method: Method, url: string, body?: unknown, bearer?: string, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { method, headers: { Accept: "application/json" } };
  if (signal) init.signal = signal;
  if (body !== undefined) {
    init.headers = { Accept: "application/json", "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  if (bearer) init.headers = { ...init.headers, Authorization: `Bearer ${bearer}` };
  return (await send(url, init)).json() as Promise<T>;
}

/** One sentence for a person, with the request id when there is one. */
export function explain(cause: unknown): string {
  if (cause instanceof ApiError) return cause.requestId ? `${cause.message} (request ${cause.requestId})` : cause.message;
  return cause instanceof Error ? cause.message : String(cause);
}
