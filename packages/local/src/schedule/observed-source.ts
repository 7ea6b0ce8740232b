import { type AwsSource, watchCalls } from '@polo/collectors'

/** The same source, telling `onAnswer` whenever a call to AWS has ended, however it ended. */
export function observedSource(aws: AwsSource, onAnswer: () => void): AwsSource {
  return {
    ...aws,
    async regions(accountId) {
      try {
        return await aws.regions(accountId)
      } finally {
        onAnswer()
      }
    },
    client(clientClass, place) {
      const client = aws.client(clientClass, place)
      watchCalls(client, onAnswer)
      return client
    },
  }
}
