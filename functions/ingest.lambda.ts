export const handler = async (event: unknown): Promise<unknown> => { console.log('ingest', JSON.stringify(event)); return { statusCode: 200, body: 'ingest' }; };
