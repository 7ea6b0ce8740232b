import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergePages } from '../../../packages/collectors/src/aws/pricing/merge-pages.ts'

const Lists = fc.array(fc.array(fc.tuple(fc.nat(), fc.nat(3)), { maxLength: 6 }), { maxLength: 6 })

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve()
}

describe('mergePages', () => {
  it('gives every page once, those of a list in their order, and reads no more lists at once than it may', async () => {
    await fc.assert(
      fc.asyncProperty(Lists, fc.integer({ min: 1, max: 4 }), async (lists, atOnce) => {
        let open = 0
        let mostOpen = 0
        const read = (pages: (typeof lists)[number], list: number) =>
          async function* () {
            mostOpen = Math.max(mostOpen, ++open)
            for (const [page, wait] of pages) {
              await turns(wait)
              yield { list, page }
            }
            open--
          }

        const merged = await Array.fromAsync(
          mergePages(
            lists.map((pages, list) => read(pages, list)),
            atOnce,
          ),
        )

        const byList = lists.map((_, index) =>
          merged.filter(({ list }) => list === index).map(({ page }) => page),
        )
        expect(byList).toEqual(lists.map((pages) => pages.map(([page]) => page)))
        expect(merged).toHaveLength(lists.flat().length)
        expect(mostOpen).toBeLessThanOrEqual(atOnce)
      }),
    )
  })

  it('reads no further than one page ahead', async () => {
    let made = 0
    async function* endless() {
      for (;;) yield ++made
    }

    for await (const page of mergePages([endless], 4)) {
      await turns(20)
      expect(made).toBeLessThanOrEqual(page + 1)
      if (page === 10) break
    }
    expect(made).toBeGreaterThanOrEqual(10)
  })

  it('throws what one of them throws, after the pages before it, and leaves no other failure unhandled', async () => {
    async function* failing(message: string) {
      yield message
      await turns(3)
      throw new Error(message)
    }
    const pages: string[] = []

    await expect(async () => {
      for await (const page of mergePages([() => failing('one'), () => failing('two')], 2)) pages.push(page)
    }).rejects.toThrow('one')
    await new Promise((resolve) => setImmediate(resolve))

    expect(pages).toEqual(['one', 'two'])
  })
})
