export const handler = async (event: unknown): Promise<unknown> => { console.log('scrape', JSON.stringify(event)); return { statusCode: 200, body: 'scrape' }; };
