/** An annotation's result of one region, told from others by its name. */
export const region = (name: string) => [{ id: name, type: 'choices', value: { choices: [name] } }];
