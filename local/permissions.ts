import type { Template } from './assembly.ts';
import type { Resolver } from './resolver.ts';

/** One statement of a policy, resolved: which actions on which resources it allows or denies. */
export type Statement = {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
};

type WrittenStatement = {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | string[];
  readonly Resource?: string | string[];
  readonly Condition?: unknown;
};
type Policy = { readonly PolicyDocument: { readonly Statement: readonly WrittenStatement[] } };

/**
 * What a role of the template may do, by its logical id: its own policies and those that name it. A statement with a
 * condition allows nothing here, because nobody here could tell whether the condition holds; AWS's own managed policies
 * are not known.
 */
export const statementsOf = (template: Template, resolver: Resolver, roleId: string): Statement[] => {
  const own = (resolver.properties(roleId)['Policies'] ?? []) as Policy[];
  const naming = Object.entries(template.Resources)
    .filter(([, { Type, Properties }]) => Type === 'AWS::IAM::Policy' && names(Properties?.['Roles'], roleId))
    .map(([id]) => resolver.properties(id) as unknown as Policy);
  return [...own, ...naming]
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .filter(({ Effect, Condition }) => Effect === 'Deny' || Condition === undefined)
    .map(({ Effect, Action = [], Resource = [] }) => ({
      effect: Effect,
      actions: [Action].flat(),
      resources: [Resource].flat(),
    }));
};

const names = (roles: unknown, roleId: string): boolean =>
  Array.isArray(roles) && roles.some(each => (each as { Ref?: string }).Ref === roleId);

/** Whether the statements allow the action on the resource: some allow it and none denies it, `*` and `?` as in IAM. */
export const allows = (statements: readonly Statement[], action: string, resource: string): boolean => {
  const about = statements.filter(
    ({ actions, resources }) =>
      actions.some(each => isLike(each, action)) && resources.some(each => isLike(each, resource)),
  );
  return about.some(({ effect }) => effect === 'Allow') && about.every(({ effect }) => effect === 'Allow');
};

const isLike = (pattern: string, text: string): boolean => {
  if (!/[*?]/.test(pattern)) return pattern === text;
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 's').test(text);
};
