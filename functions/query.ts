export const query = () => async () => ({ statusCode: 200, body: 'x' });
