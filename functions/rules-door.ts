import { successBody } from '../core/promql/answer.ts';
import { rulesIn } from '../core/rules/answer.ts';
import { type Answer, type Asked, json, optional, Refused } from './asked.ts';

/** /api/v1/rules: groups with what their last evaluation gave; `type` asks for alerts or recordings alone. */
export const listRules = async ({ parameters, ports }: Asked): Promise<Answer> => {
  const type = optional(parameters, 'type') || undefined;
  if (type !== undefined && type !== 'alert' && type !== 'record')
    throw new Refused('bad_data', `invalid parameter "type": not supported value ${JSON.stringify(type)}`);
  const { groups } = rulesIn(await ports.rules.all(), type);
  const names = new Set(parameters.getAll('rule_group[]'));
  const files = new Set(parameters.getAll('file[]'));
  const some = groups.filter(
    ({ name, file }) => (names.size === 0 || names.has(name)) && (files.size === 0 || files.has(file)),
  );
  return json(200, successBody({ groups: some }));
};
