import type { Properties, Template } from './assembly.ts';

/** What a resource is called here: what Ref gives, and what Fn::GetAtt gives by name. */
export type Physical = { readonly ref: string; readonly attributes: Readonly<Record<string, string>> };

export const region = 'us-east-1';
export const account = '000000000000';

const pseudo: Readonly<Record<string, string>> = {
  'AWS::Region': region,
  'AWS::AccountId': account,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
};

/** Resolves CloudFormation's intrinsic functions, as far as templates of this kind use them. */
export class Resolver {
  readonly #template: Template;
  readonly #stackName: string;
  readonly #physical: ReadonlyMap<string, Physical>;

  constructor(template: Template, stackName: string, physical: ReadonlyMap<string, Physical>) {
    this.#template = template;
    this.#stackName = stackName;
    this.#physical = physical;
  }

  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(each => this.resolve(each));
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value);
    const [name, argument] = entries[0] ?? [];
    if (entries.length === 1 && (name === 'Ref' || name?.startsWith('Fn::'))) return this.#call(name, argument);
    return Object.fromEntries(entries.map(([key, each]) => [key, this.resolve(each)]));
  }

  properties(logicalId: string): Properties {
    return (this.resolve(this.#template.Resources[logicalId]?.Properties ?? {}) ?? {}) as Properties;
  }

  outputs(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.#template.Outputs ?? {}).map(([name, { Value }]) => [name, String(this.resolve(Value))]),
    );
  }

  #call(name: string, argument: unknown): unknown {
    const list = (): unknown[] => this.resolve(argument) as unknown[];
    switch (name) {
      case 'Ref':
        return this.#ref(String(argument));
      case 'Fn::GetAtt': {
        const [id, ...path] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
        return this.#attribute(id ?? '', path.join('.'));
      }
      case 'Fn::Join': {
        const [separator, parts] = list() as [string, unknown[]];
        return parts.map(String).join(separator);
      }
      case 'Fn::Select': {
        const [index, parts] = list() as [number | string, unknown[]];
        return parts[Number(index)];
      }
      case 'Fn::Split': {
        const [separator, text] = list() as [string, string];
        return text.split(separator);
      }
      case 'Fn::Sub': {
        const [text, names] = (Array.isArray(argument) ? argument : [argument, {}]) as [
          string,
          Record<string, unknown>,
        ];
        return text.replace(/\$\{([^}!]+)\}/g, (_, each: string) =>
          Object.hasOwn(names, each)
            ? String(this.resolve(names[each]))
            : each.includes('.') && !each.startsWith('AWS::')
              ? this.#attribute(...split(each))
              : this.#ref(each),
        );
      }
      default:
        throw new Error(`${name} is not understood by the local collector`);
    }
  }

  #ref(name: string): string {
    if (name === 'AWS::StackName') return this.#stackName;
    const known = pseudo[name] ?? this.#physical.get(name)?.ref;
    if (known !== undefined) return known;
    const parameter = this.#template.Parameters?.[name];
    // A resource without a local meaning is called by its logical id.
    return parameter === undefined ? name : String(parameter.Default ?? '');
  }

  #attribute(logicalId: string, attribute: string): string {
    return this.#physical.get(logicalId)?.attributes[attribute] ?? `${logicalId}.${attribute}`;
  }
}

const split = (text: string): [string, string] => {
  const at = text.indexOf('.');
  return [text.slice(0, at), text.slice(at + 1)];
};
