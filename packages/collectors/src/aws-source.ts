import type { ClientClass } from './collector.ts'

/** An account that can be collected from, as its source names it. */
export interface SourceAccount {
  readonly id: string
  /** How it is known: 'caller' (whose credentials these are), 'role' (one that is assumed) or 'recording'. */
  readonly source: string
}

/**
 * Told of each request before it is sent, retries included (`ec2:DescribeInstances`), and what AWS charges for it in US dollars.
 * It is sent when what is returned resolves, and not at all where that rejects.
 */
export type CountCall = (operation: string, costUsd: number) => unknown

/**
 * Where AWS is: the live APIs, an emulator, or a recording. Collectors never know which.
 * Each method throws what the SDK throws; `classifyAwsError` reads it.
 */
export interface AwsSource {
  /** One line for people: 'live AWS as profile prod', 'the recording in DIR'. */
  readonly description: string
  accounts(): Promise<readonly SourceAccount[]>
  /** Any region of the partition that it is in, where it knows. */
  homeRegion?(): Promise<string>
  /** The regions that are enabled in the account. */
  regions(accountId: string): Promise<readonly string[]>
  /** A client of its own for one run and region; the caller destroys it. */
  client<Class extends ClientClass>(
    clientClass: Class,
    place: { accountId: string; region: string; countCall: CountCall },
  ): InstanceType<Class>
}
