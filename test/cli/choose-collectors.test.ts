import { expect, test } from 'vitest'
import { checkCollectorNames, chooseCollectors } from '../../packages/cli/src/collect/choose-collectors.ts'

test('names every collector that there is, told ones too, where one is misspelt', () => {
  const message = /^there is no collector 'lifecyle'\. There are: .*config_ec2.*flow_logs.*lifecycle/
  expect(() => checkCollectorNames(['config_ec2', 'lifecyle'])).toThrow(message)
  expect(() => chooseCollectors(['lifecyle'])).toThrow(message)
  expect(() => checkCollectorNames(['lifecycle', 'config_ec2'])).not.toThrow()
})

test.each([
  ['lifecycle', '--events …'],
  ['flow_logs', '--path DIR'],
])('says how files of %s are read by hand', (name, option) => {
  expect(() => chooseCollectors([name])).toThrow(
    `${name} is told what happens and asks nothing of AWS; read it from files by hand with polo collect ${name} ${option}`,
  )
})
