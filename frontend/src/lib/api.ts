/** Calls of our own API. Errors carry the server's sentence and request id. */

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    readonly requestId: string,
  ) {
    super(message);
  }
}

const OFFLINE = "The server did not answer. Check the connection and try again.";

async function refused(response: Response): Promise<ApiError> {
  const requestId = response.headers.get("X-Request-ID") ?? "";
  try {
    const body = (await response.json()) as { detail?: string; code?: string };
    return new ApiError(body.detail ?? OFFLINE, response.status, body.code ?? "", requestId);
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

export async function sendJson<T>(method: "POST" | "PUT" | "DELETE", url: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    init.headers = { Accept: "application/json", "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  return (await send(url, init)).json() as Promise<T>;
}

/** One sentence for a person, with the request id when there is one. */
export function explain(cause: unknown): string {
  if (cause instanceof ApiError) return cause.requestId ? `${cause.message} (request ${cause.requestId})` : cause.message;
  return cause instanceof Error ? cause.message : String(cause);
}
