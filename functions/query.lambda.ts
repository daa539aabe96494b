import { query } from './query.ts';

export const handler = query();
