import type { Command } from 'commander'
export function addDlq(_program: Command): void {}
