/** A few small objects by key: a bucket in AWS, a directory on one machine. */
export interface ObjectStore {
  /** Undefined when there is no such object; whatever else goes wrong is thrown. */
  read(key: string): Promise<string | undefined>
  /** Replaces the object as a whole; a reader sees the old one or the new one. */
  write(key: string, body: string): Promise<void>
}
