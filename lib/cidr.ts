import { isIP } from 'node:net';

/** Whether the text is an address or a block of addresses, IPv4 or IPv6, as the scraper's allow-list reads it. */
export const isCidr = (text: string): boolean => {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
};
