export const handler = async (event: unknown): Promise<unknown> => { console.log('plan', JSON.stringify(event)); return { statusCode: 200, body: 'plan' }; };
