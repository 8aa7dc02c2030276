/**
 * How HTTP is told a user and a password.
 *
 * @module
 */

/** The header with which a server is told a name and a password. */
export function basicAuthorization(user: string, password: string): string {
  return `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
}

/**
 * Takes user and password out of a URL, which error messages and spans of OpenTelemetry show as a whole.
 *
 * @returns The header that says the same; `undefined` if there was neither.
 */
export function takeAuthorization(url: URL): string | undefined {
  if (url.username === "" && url.password === "") return undefined;
  const authorization = basicAuthorization(decode(url.username), decode(url.password));
  [url.username, url.password] = ["", ""];
  return authorization;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that begins no escape stands for itself.
    return text;
  }
}
