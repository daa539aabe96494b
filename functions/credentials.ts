import { limits } from '../core/limits.ts';
import type { Auth, SecretReference } from '../core/scrape/auth.ts';
import { grantOf, isForHost } from '../core/scrape/grant.ts';
import type { Target } from '../core/scrape/target.ts';
import type { HttpGet, Ports } from '../io/ports.ts';

export type CredentialPorts = Pick<Ports, 'clock' | 'http' | 'secrets' | 'parameters' | 'signatures' | 'scrapeGrants'>;

/** What is asked, and by whom. */
type Asked = Pick<Target, 'auth' | 'url'>;

/** What a request shows of who asks. */
export type Shown = Pick<HttpGet, 'credentials' | 'tls'>;

/** Why nothing can be shown. Names the secret, never what is in it. */
export class NoCredentials extends Error {}

/** No answer in the time that was left: another who has more of it may ask again. */
class TooLate extends NoCredentials {}

type Kept = { readonly text: string; readonly untilMs: number };

type Read = () => Promise<{ readonly text: string; readonly forMs: number }>;

/** What is being read, and by when whoever reads it gives up. */
type Pending = { readonly text: Promise<string>; readonly untilMs: number };

/**
 * Secrets of targets, read where they are kept and shown to their own hosts alone. What was read is believed for
 * limits.scrapeSecretMs, an access token as long as its server says. Who asks for what is being read waits for that.
 */
export class Credentials {
  readonly #ports: CredentialPorts;
  readonly #kept = new Map<string, Kept>();
  readonly #pending = new Map<string, Pending>();

  constructor(ports: CredentialPorts) {
    this.#ports = ports;
  }

  /** Throws NoCredentials where the row asks for what it may not have, or what cannot be had; a server of tokens has until `untilMs`. */
  async of({ auth, url }: Asked, untilMs: number): Promise<Shown> {
    switch (auth?.type) {
      case undefined:
        return {};
      case 'basic': {
        const text = await this.#secret(auth.from, url);
        const both = auth.username === undefined ? text : `${auth.username}:${text}`;
        return { credentials: { authorization: `Basic ${Buffer.from(both).toString('base64')}` } };
      }
      case 'bearer':
        return {
          credentials: { authorization: headerOf(`${auth.scheme} ${await this.#secret(auth.from, url)}`, auth.from) },
        };
      case 'header':
        return { credentials: { [auth.name.toLowerCase()]: headerOf(await this.#secret(auth.from, url), auth.from) } };
      case 'oauth2':
        return { credentials: { authorization: `Bearer ${await this.#accessToken(auth, url, untilMs)}` } };
      case 'sigv4': {
        const { service, region } = auth;
        if (!url.startsWith('https:'))
          throw new NoCredentials('sigv4 is for https alone: what is signed holds a session token');
        return { credentials: await this.#ports.signatures.sign({ url, service, region }) };
      }
      case 'mtls':
        return { tls: certificatesIn(await this.#secret(auth.from, url), auth.from) };
    }
  }

  /** After a target refused them: what is kept may have been changed where it is kept for good. */
  forget({ auth }: Target): void {
    if (auth === undefined || auth.type === 'sigv4') return;
    this.#kept.delete(keyOf(auth.from));
    this.#kept.delete(JSON.stringify(auth));
  }

  async #secret(from: SecretReference, ...urls: string[]): Promise<string> {
    const { scrapeGrants, secrets, parameters } = this.#ports;
    const grant = grantOf(from, scrapeGrants);
    if (grant === undefined)
      throw new NoCredentials(`no ${from.kind} ${from.name} is granted to scrapes: name it in scrapeSecrets`);
    for (const url of urls) {
      if (!isForHost(grant, url))
        throw new NoCredentials(
          `the ${from.kind} ${from.name} is not for ${new URL(url).host}: scrapeSecrets names its hosts`,
        );
    }
    return this.#remembered(keyOf(from), async () => {
      const port = from.kind === 'secret' ? secrets : parameters;
      const text = await port.read(grant.name).catch((error: { readonly code?: string }) => {
        throw new NoCredentials(`the ${from.kind} ${from.name} cannot be read: ${error.code ?? 'it holds no text'}`);
      });
      return { text: fieldOf(text, from), forMs: limits.scrapeSecretMs };
    });
  }

  /** Client credentials of OAuth 2.0 (RFC 6749, 4.4), the client named by Basic and, where that is refused, in the form. */
  async #accessToken(auth: Extract<Auth, { type: 'oauth2' }>, url: string, untilMs: number): Promise<string> {
    const { clientId, tokenUrl, scopes, endpointParams, from } = auth;
    const secret = await this.#secret(from, url, tokenUrl);
    const read = async () => {
      const form = new URLSearchParams({ grant_type: 'client_credentials', ...endpointParams });
      if (scopes.length > 0) form.set('scope', scopes.join(' '));
      const named = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
      const ask = (body: URLSearchParams, credentials: Record<string, string>) =>
        this.#ports.http.get({
          url: tokenUrl,
          headers: { accept: 'application/json' },
          credentials,
          form: String(body),
          timeoutMs: untilMs - this.#ports.clock.nowMs(),
          bodyBytes: limits.accessTokenBytes,
          unpackedBytes: limits.accessTokenBytes,
        });
      let answer = await ask(form, { authorization: `Basic ${Buffer.from(named).toString('base64')}` });
      if (!answer.ok && (answer.status === 400 || answer.status === 401)) {
        form.set('client_id', clientId);
        form.set('client_secret', secret);
        answer = await ask(form, {});
      }
      // The server's own words are not repeated: some repeat what they were asked.
      if (!answer.ok) {
        const Reason = answer.problem === 'timeout' ? TooLate : NoCredentials;
        throw new Reason(`no access token from ${new URL(tokenUrl).host}: ${answer.status ?? answer.problem}`);
      }
      const { access_token: token, expires_in: seconds = 0 } = objectIn(Buffer.from(answer.body).toString('utf8'));
      if (typeof token !== 'string')
        throw new NoCredentials(`${new URL(tokenUrl).host} answers without an access token`);
      const forMs = Number(seconds) > 0 ? 1_000 * Number(seconds) - limits.accessTokenReserveMs : limits.scrapeSecretMs;
      return { text: headerOf(token, from), forMs };
    };
    return this.#remembered(JSON.stringify(auth), read, untilMs);
  }

  /** Who has less time than whoever reads it already, reads it too; who has more reads it again where that was too late. */
  async #remembered(key: string, read: Read, untilMs = Number.POSITIVE_INFINITY): Promise<string> {
    const { clock } = this.#ports;
    for (;;) {
      const known = this.#kept.get(key);
      if (known !== undefined && known.untilMs > clock.nowMs()) return known.text;
      const pending = this.#pending.get(key);
      if (pending === undefined || pending.untilMs > untilMs) break;
      try {
        return await pending.text;
      } catch (error) {
        if (!(error instanceof TooLate) || clock.nowMs() >= untilMs) throw error;
      }
    }
    const own: Pending = { text: this.#readAnew(key, read), untilMs };
    this.#pending.set(key, own);
    try {
      return await own.text;
    } finally {
      if (this.#pending.get(key) === own) this.#pending.delete(key);
    }
  }

  async #readAnew(key: string, read: Read): Promise<string> {
    const { text, forMs } = await read();
    if (this.#kept.size >= limits.scrapeSecretsRemembered) this.#kept.clear();
    this.#kept.set(key, { text, untilMs: this.#ports.clock.nowMs() + forMs });
    return text;
  }
}

const keyOf = ({ kind, name, field }: SecretReference): string => JSON.stringify([kind, name, field]);

const objectIn = (text: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};

/** The text itself, or a field of the JSON that it is. A newline at its end is the editor's. */
const fieldOf = (text: string, { kind, name, field }: SecretReference): string => {
  if (field === undefined) return text.replace(/\r?\n$/, '');
  const fields = objectIn(text);
  const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (typeof value !== 'string') throw new NoCredentials(`the ${kind} ${name} has no text under ${field}`);
  return value;
};

const headerOf = (text: string, { kind, name }: SecretReference): string => {
  if (!/^[\t\x20-\x7e]*$/.test(text))
    throw new NoCredentials(`the ${kind} ${name} has characters that no header may have`);
  return text;
};

const certificatesIn = (text: string, { kind, name }: SecretReference): NonNullable<HttpGet['tls']> => {
  const fields = objectIn(text);
  const texts = Object.fromEntries(
    ['cert', 'key', 'ca'].flatMap(each => (typeof fields[each] === 'string' ? [[each, fields[each]]] : [])),
  );
  const isWhole = 'cert' in texts === 'key' in texts && Object.keys(texts).length > 0;
  if (!isWhole) throw new NoCredentials(`the ${kind} ${name} is no JSON with "cert" and "key", or "ca", or all three`);
  return texts;
};
