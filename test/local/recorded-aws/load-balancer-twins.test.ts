import { describe, expect, test } from 'vitest'
import { isOfTwinApi } from '../../../packages/local/src/recorded-aws/load-balancer-twins.ts'

const operationOf = (namespace: string) => [9, `com.amazonaws.${namespace}`, 'Describe', 0, [], []]
const CLASSIC = operationOf('elasticloadbalancing')
const V2 = operationOf('elasticloadbalancingv2')
const PREFIX = 'elasticloadbalancing'

describe('an answer of load balancers', () => {
  test.each([
    ['balancers', { LoadBalancerDescriptions: [] }],
    ['attributes', { LoadBalancerAttributes: {} }],
    ['tags', { TagDescriptions: [{ LoadBalancerName: 'old', Tags: [] }] }],
  ])('with classic %s is not for a v2 client', (_, data) => {
    expect([isOfTwinApi(PREFIX, V2, data), isOfTwinApi(PREFIX, CLASSIC, data)]).toEqual([true, false])
  })

  test.each([
    ['balancers', { LoadBalancers: [] }],
    ['attributes', { Attributes: [] }],
    ['tags', { TagDescriptions: [{ ResourceArn: 'arn:new', Tags: [] }] }],
  ])('with v2 %s is not for a classic client', (_, data) => {
    expect([isOfTwinApi(PREFIX, CLASSIC, data), isOfTwinApi(PREFIX, V2, data)]).toEqual([true, false])
  })

  test.each([
    ['no tags', { TagDescriptions: [] }],
    ['limits', { Limits: [{ Name: 'x', Max: '1' }] }],
    ['unknown members', { Bogus: 1, Bogus2: 2 }],
    ['a list that is none', { TagDescriptions: null }],
  ])('with %s is for both', (_, data) => {
    expect([isOfTwinApi(PREFIX, CLASSIC, data), isOfTwinApi(PREFIX, V2, data)]).toEqual([false, false])
  })
})

test('an answer of another service is never a twin', () => {
  expect(isOfTwinApi('ec2', V2, { LoadBalancerDescriptions: [] })).toBe(false)
})
