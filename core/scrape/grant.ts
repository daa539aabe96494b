import type { SecretReference } from './auth.ts';

/** A secret that scrapes may use, and the hosts it may be shown to. */
type Granted = {
  readonly kind: 'secret' | 'parameter';
  /** An ARN, or a name. */
  readonly name: string;
  /** `metrics.example.com`, `10.0.3.7:9100` or `*.example.com`. */
  readonly hosts: readonly string[];
};

/** The grant under which a row's secret may be read; rows may name it by its name where it is granted by its ARN. */
export const grantOf = ({ kind, name }: SecretReference, grants: readonly Granted[]): Granted | undefined =>
  grants.find(grant => grant.kind === kind && namesOf(grant).includes(name));

const namesOf = ({ kind, name }: Granted): string[] => {
  if (!name.startsWith('arn:')) return [name, ...(kind === 'parameter' ? [name.replace(/^\//, ''), `/${name}`] : [])];
  const [, , , , , ...rest] = name.split(':');
  if (kind === 'parameter') {
    const path = rest.join(':').replace(/^parameter/, '');
    return [name, path, path.slice(1)];
  }
  const own = rest.slice(1).join(':');
  // Secrets Manager ends an ARN in six characters of its own.
  return [name, own, own.replace(/-[A-Za-z0-9]{6}$/, '')];
};

/** Whether a secret may be shown to the host of that URL. A host without a port is that host at any port. */
export const isForHost = ({ hosts }: Granted, url: string): boolean => {
  const { host, hostname, protocol } = new URL(url);
  const full = host === hostname ? `${hostname}:${protocol === 'https:' ? 443 : 80}` : host;
  return hosts.some(each => {
    const wanted = each.toLowerCase();
    if (wanted.startsWith('*.'))
      return [hostname, full].some(one => one.endsWith(wanted.slice(1)) && one.length > wanted.length - 1);
    return wanted === hostname || wanted === full;
  });
};
