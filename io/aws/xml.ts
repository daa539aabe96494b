/** An element of an answer in XML: its text, or its children by name, each name's in order. */
export type Xml = { readonly text: string; readonly children: ReadonlyMap<string, readonly Xml[]> };

const token = /<\?[^>]*\?>|<(\/?)([A-Za-z_][\w.:-]*)[^>]*?(\/?)>|([^<]+)/g;

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescaped = (text: string): string =>
  text.replace(/&(#x?)?(\w+);/g, (whole, numeric: string | undefined, name: string) => {
    if (numeric === undefined) return entities[name] ?? whole;
    const code = Number.parseInt(name, numeric === '#x' ? 16 : 10);
    return code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });

type Open = { readonly name: string; text: string; readonly children: Map<string, Xml[]> };

/** Reads XML as AWS's services write it: elements and text, no attribute that says anything, no doctype. Throws on any other. */
export const readXml = (xml: string): Xml => {
  const root: Open = { name: '', text: '', children: new Map() };
  const open: Open[] = [root];
  token.lastIndex = 0;
  for (let at = 0; at < xml.length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(xml);
    if (found === null || found.index !== at) throw new Error(`XML: nothing that is known at ${at}`);
    const [, closing, name, selfClosing, text] = found;
    const inner = open.at(-1)!;
    if (text !== undefined) inner.text += unescaped(text);
    else if (name !== undefined && closing === '/') {
      const done = open.pop()!;
      if (done.name !== name) throw new Error(`XML: </${name}> ends <${done.name}>`);
      add(open.at(-1)!, done);
    } else if (name !== undefined) {
      const begun: Open = { name, text: '', children: new Map() };
      if (selfClosing === '/') add(inner, begun);
      else open.push(begun);
    }
  }
  if (open.length !== 1) throw new Error(`XML: <${open.at(-1)!.name}> has no end`);
  return root;
};

const add = ({ children }: Open, { name, text, children: own }: Open): void => {
  const same = children.get(name);
  const done: Xml = { text: text.trim(), children: own };
  if (same === undefined) children.set(name, [done]);
  else same.push(done);
};

/** The elements at the end of a path of names, all of them; `a/b` are the b of the first a. */
export const allAt = (xml: Xml | undefined, path: string): readonly Xml[] => {
  const names = path.split('/');
  let from = xml;
  for (const name of names.slice(0, -1)) from = from?.children.get(name)?.[0];
  return from?.children.get(names.at(-1)!) ?? [];
};

/** The text at the end of a path; undefined where there is none, or it is empty. */
export const textAt = (xml: Xml | undefined, path: string): string | undefined =>
  allAt(xml, path)[0]?.text || undefined;
