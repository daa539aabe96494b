import { describe, expect, test } from 'vitest';
import { matchRoute, readingFunctions, readRoute } from '../../local/routes.ts';

const routes = [
  'GET /',
  'GET /a/b',
  'GET /a/{one}',
  'ANY /a/{one}',
  'POST /a/{rest+}',
  'ANY /a/{rest+}',
  '$default',
].map(key => readRoute(key, key));

describe('a request takes the most specific route', () => {
  test.each([
    ['GET', '/', 'GET /', {}],
    ['GET', '/a/b', 'GET /a/b', {}],
    ['GET', '/a/c', 'GET /a/{one}', { one: 'c' }],
    ['PUT', '/a/b', 'ANY /a/{one}', { one: 'b' }],
    ['GET', '/a/b/c', 'ANY /a/{rest+}', { rest: 'b/c' }],
    ['POST', '/a/b/c', 'POST /a/{rest+}', { rest: 'b/c' }],
    ['GET', '/a/x%2Fy', 'GET /a/{one}', { one: 'x/y' }],
    ['GET', '/a/100%', 'GET /a/{one}', { one: '100%' }],
    ['GET', '/elsewhere', '$default', {}],
  ])('%s %s → %s', (method, path, key, parameters) => {
    const match = matchRoute(routes, method, path);
    expect(match?.route.key).toBe(key);
    expect(match?.parameters).toEqual(parameters);
  });

  test('or none', () => {
    expect(matchRoute([readRoute('GET /a/{one}', 1)], 'POST', '/a/b')).toBeUndefined();
    expect(matchRoute([readRoute('GET /a/{rest+}', 1)], 'GET', '/a')).toBeUndefined();
    expect(matchRoute([readRoute('GET /a/{rest+}', 1)], 'GET', '/a/')).toBeUndefined();
  });
});

test.each([
  ['only got', [['a', 'GET /x']], ['a']],
  [
    'got and posted at one path: a question may be long',
    [
      ['a', 'GET /x'],
      ['a', 'POST /x'],
    ],
    ['a'],
  ],
  [
    'one path that is only posted to',
    [
      ['a', 'GET /x'],
      ['a', 'POST /y'],
    ],
    [],
  ],
  [
    'two functions',
    [
      ['a', 'GET /x'],
      ['b', 'POST /x'],
    ],
    ['a'],
  ],
  [
    'twice, as two APIs have it',
    [
      ['a', 'GET /x'],
      ['a', 'GET /x'],
    ],
    ['a'],
  ],
] as const)('who only reads: %s', (_, routes, expected) => {
  expect([...readingFunctions(routes as never)]).toEqual(expected);
});
