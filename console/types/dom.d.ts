// What core/dom.js makes elements of.

export type Child = Node | string | number | null | undefined | false | Child[];
export type AttributeValue = string | number | boolean | null | undefined | ((event: any) => void);
