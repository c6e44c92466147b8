/* Talking to the server. A refusal carries its sentence and its remedy in both languages; nothing is thrown away. */
import { WORDS } from "./words.js";

const pair = (key) => ({ zh: WORDS[key][0], en: WORDS[key][1] });

export class Refusal extends Error {
  constructor(status, error, remedy, current = null, quiet = false) {
    super(error.zh);
    Object.assign(this, { status, error, remedy, current, quiet });
  }
}

function refusal(status, body) {
  if (body?.error?.zh) return new Refusal(status, body.error, body.remedy ?? pair("failed_how"), body.current ?? null);
  if (status === 404) return new Refusal(404, pair("not_here"), pair("not_here_how"));
  if (status === 413 || status === 422) return new Refusal(status, pair("not_taken"), pair("not_taken_how"));
  if (status === 429) return new Refusal(429, pair("too_many"), pair("too_many_how"));
  return new Refusal(status, pair("failed"), pair("failed_how"));
}

/* A path with its query; empty values are left out. */
export function address(path, query = {}) {
  const kept = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const search = new URLSearchParams(kept).toString();
  return search ? `${path}?${search}` : path;
}

export class Api {
  /* signIn: asks the person to sign in again; resolves "same" when the request may be repeated, "other" when somebody else
     came in, who has been told, and "nobody". */
  constructor(signIn) {
    this.signIn = signIn;
  }

  async send(method, path, { body, signal, again = true } = {}) {
    let response;
    try {
      response = await fetch(path, {
        method, signal, cache: "no-store", headers: body === undefined ? {} : { "content-type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch (cause) {
      if (cause.name === "AbortError") throw cause;
      throw new Refusal(0, pair("offline"), pair("offline_how"));
    }
    if (response.ok) return response.status === 204 ? null : response.json();
    const said = await response.json().catch(() => null);
    if (response.status !== 401 || !again) throw refusal(response.status, said);
    const who = await this.signIn();
    if (who === "same") return this.send(method, path, { body, signal, again: false });
    throw Object.assign(refusal(response.status, said), { quiet: who === "other" });
  }

  get(path, query = {}, signal = undefined) {
    return this.send("GET", address(path, query), { signal });
  }

  post(path, body = {}, signal = undefined) {
    return this.send("POST", path, { body, signal });
  }

  put(path, body) {
    return this.send("PUT", path, { body });
  }

  patch(path, body) {
    return this.send("PATCH", path, { body });
  }

  delete(path) {
    return this.send("DELETE", path);
  }
}
