export const handler = async (event: unknown): Promise<unknown> => { console.log('push', JSON.stringify(event)); return { statusCode: 200, body: 'push' }; };
