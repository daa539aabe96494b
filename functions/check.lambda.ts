export const handler = async (event: unknown): Promise<unknown> => { console.log('check', JSON.stringify(event)); return { statusCode: 200, body: 'check' }; };
