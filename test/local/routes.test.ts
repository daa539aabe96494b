import { describe, expect, test } from 'vitest';
import { matchRoute, readRoute } from '../../local/routes.ts';

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
