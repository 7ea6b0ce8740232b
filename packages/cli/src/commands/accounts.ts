import type { Command } from 'commander'
import { addAdd } from './accounts/add.ts'
import { addLs } from './accounts/ls.ts'
import { addPause, addResume } from './accounts/pause.ts'
import { addRole } from './accounts/role.ts'
import { addVerify } from './accounts/verify.ts'

export function addAccounts(program: Command): void {
  const accounts = program
    .command('accounts')
    .description('which AWS accounts are collected from, as what, and whether that works')
    .addHelpText('after', HELP)
  for (const add of [addLs, addAdd, addPause, addResume, addVerify, addRole]) add(accounts)
}

const HELP = `
Accounts come from AWS Organizations (the collector account_discovery) or from "accounts add". An account is
active, paused (left out by an operator), pending (added, and waiting for "accounts verify"), or suspended (by AWS).

Examples:
  polo accounts role --payer > payer.yaml       the roles to create in the payer account
  polo accounts role > member.yaml              and in every other one, by a StackSet
  polo accounts verify                          does every permission work in every account?
  polo accounts ls --scans                      the last scan of each collector in each account
  polo accounts pause 111122223333
`
