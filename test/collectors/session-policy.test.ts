import { COLLECTORS, sessionPolicy } from '@polo/collectors'
import { ConfigError } from '@polo/core'
import { describe, expect, it, test } from 'vitest'
import { sessionName, sessionTags } from '../../packages/collectors/src/access/session-tags.ts'

describe('the session policy', () => {
  it('allows the permissions, and to ask for the enabled regions', () => {
    expect(JSON.parse(sessionPolicy(['ec2:DescribeVolumes', 'ec2:DescribeInstances']))).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['ec2:DescribeInstances', 'ec2:DescribeRegions', 'ec2:DescribeVolumes'],
          Resource: '*',
        },
      ],
    })
  })

  it.each(COLLECTORS.map(({ name, permissions }) => [name, permissions] as const))(
    'of %s is one that AWS takes',
    (_, permissions) => {
      expect(sessionPolicy(permissions).length).toBeLessThanOrEqual(2048)
    },
  )

  it('is an error when it is longer than AWS takes', () => {
    const permissions = Array.from({ length: 70 }, (_, index) => `ec2:DescribeSomethingOfNumber${index}`)

    expect(() => sessionPolicy(permissions)).toThrow(ConfigError)
    expect(() => sessionPolicy(permissions)).toThrow(/70 permissions has \d+ characters, and AWS takes 2048/)
  })
})

describe('what names a session', () => {
  test('keeps the characters that AWS allows, and no more than 64', () => {
    expect(sessionName('polo-config_ec2')).toBe('polo-config_ec2')
    expect(sessionName('polo-a b/ü')).toBe('polo-a-b--')
    expect(sessionName('x'.repeat(100))).toBe('x'.repeat(64))
  })

  test('has tags of allowed characters, at most 256, and none without a value', () => {
    const tags = sessionTags({
      'polo:collector': 'config_ec2',
      'polo:stage': 'a*b',
      none: undefined,
      empty: '',
    })

    expect(tags).toEqual([
      { Key: 'polo:collector', Value: 'config_ec2' },
      { Key: 'polo:stage', Value: 'a-b' },
    ])
    expect(sessionTags({ long: '𝒜'.repeat(300) })).toEqual([{ Key: 'long', Value: '𝒜'.repeat(256) }])
  })
})
