// Other hosts: what we ask of them, by which secrets, and what we pass on.

export type HttpGet = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly bodyBytes: number;
  readonly unpackedBytes: number;
  /** Headers for the scheme, host and port of `url` alone: they go along with no redirect that leads elsewhere. */
  readonly credentials?: Readonly<Record<string, string>>;
  /** Redirects to follow, each of them judged as the URL itself was. @default none */
  readonly redirects?: number;
  /** PEM. The certificate is shown to the host of `url` alone; `ca` is who else is trusted. */
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca?: string };
  /** Sent as a POST. */
  readonly form?: string;
};

export type HttpProblem = 'dns' | 'forbidden' | 'connect' | 'tls' | 'timeout' | 'limit' | 'http' | 'encoding';

export type HttpAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      readonly contentType: string;
      readonly body: Uint8Array;
      readonly durationMs: number;
    }
  | {
      readonly ok: false;
      readonly problem: HttpProblem;
      readonly reason: string;
      readonly status?: number;
      readonly durationMs: number;
    };

export type Http = {
  /** One GET, or one POST of a form, within all its limits. Never throws for what the other side does. */
  get(request: HttpGet): Promise<HttpAnswer>;
};

/** Which addresses scrapes may reach, from each of the networks; undefined where no scraper stands there. */
export type Reach = {
  readonly public: (address: string) => boolean;
  readonly vpc: ((address: string) => boolean) | undefined;
};

/** Secrets that others keep, by name. */
export type Secrets = { read(name: string): Promise<string> };

/** Headers by which AWS knows that our role asks, for a service of a region. */
export type Signatures = {
  sign(request: {
    readonly url: string;
    readonly service: string;
    readonly region: string;
  }): Promise<Readonly<Record<string, string>>>;
};

/** A secret that scrapes may use, and the hosts it may be shown to: `metrics.example.com`, `10.0.3.7:9100`, `*.example.com`. */
export type ScrapeGrant = {
  readonly kind: 'secret' | 'parameter';
  /** As it is granted: an ARN, or a name. */
  readonly name: string;
  readonly hosts: readonly string[];
};

/** Why a receiver will never take a request. */
export type Refusal = { readonly status: number; readonly reason: string };

/** Another collector that speaks remote write 1.0. */
export type Onward = {
  /** Sends one body, which may come twice. Answers the refusal if asking again would not help, throws if it might. */
  write(body: Uint8Array): Promise<Refusal | undefined>;
};
