/** The number of the row that an id of the API stands for. */
export const numberOf = (id: string) => Number(Buffer.from(id, 'base64').toString().split(':')[1]);
