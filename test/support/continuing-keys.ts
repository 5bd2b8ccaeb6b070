/** Folders of which one's name goes on where another's ends, on either side of '/' in the order of bytes. */
export const siblingFolders = ['images', 'images-2023', 'images.old', 'zebra'];

/** What keys of one stem end in: one is the beginning of the next, and one of them a folder as well. */
const endings = ['', '.jpg', '.jpgz', '/b', '-c.jpg'];

/** So many keys of a folder, each of which goes on where another ends: what resumes by key has to tell them apart. */
export function continuingKeys(folder: string, count: number, ends: readonly string[] = endings): string[] {
  return Array.from({ length: count }, (_, index) => {
    const stem = String(Math.floor(index / ends.length)).padStart(6, '0');
    return `${folder}/${stem}${ends[index % ends.length]}`;
  });
}

/** The same for a file system, where no name is a file's and a folder's. */
export const fileEndings = ['', '.jpg', '.jpgz', '.jpg.d/b', '-c.jpg'];
