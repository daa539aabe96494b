export const handler = async (event: unknown): Promise<unknown> => { console.log('query', JSON.stringify(event)); return { statusCode: 200, body: 'query' }; };
