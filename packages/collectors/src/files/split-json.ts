/** An item of a file, or what stands where one should. */
export type JsonPart = { readonly line: number } & ({ readonly text: string } | { readonly error: string })

export interface SplitOptions {
  /** Keys of an object under which a list of items stands, such as `Records`. */
  readonly listKeys: ReadonlySet<string>
  /** An item of more bytes is an error, and not kept in memory. */
  readonly maxItemBytes?: number
}

const MAX_ITEM_BYTES = 16 * 1024 * 1024
const QUOTE = 0x22
const BACKSLASH = 0x5c
const NEWLINE = 0x0a
const RETURN = 0x0d
const TAB = 0x09
const SPACE = 0x20
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const BYTE_ORDER_MARK = Buffer.from('\uFEFF')

/**
 * Cuts JSON that streams in into its items, with the memory of one of them: the items of a list, or of an object's list
 * (`{ "Records": […] }`). Every other value at the top is one item, so JSON Lines are read, too. It matches brackets and
 * leaves the rest to who parses an item. What does not fit together is an error; it goes on with the next line.
 */
export async function* splitJson(
  chunks: AsyncIterable<Buffer>,
  options: SplitOptions,
): AsyncGenerator<JsonPart> {
  const splitter = new JsonSplitter(options)
  for await (const chunk of chunks) yield* splitter.push(chunk)
  yield* splitter.end()
}

class JsonSplitter {
  readonly #listKeys: ReadonlySet<string>
  readonly #maxItemBytes: number
  #buffer: Buffer = Buffer.alloc(0)
  #at = 0
  #isFirst = true
  #parts: JsonPart[] = []
  /** Brackets that are open. */
  #open: number[] = []
  /** How many of them are around the items: 0 at the top, 1 within a list, 2 within an object's list. */
  #base = 0
  /** Where the item begins; -1 where there is none, or it is not kept. */
  #itemAt = -1
  #itemLine = 1
  #stringAt = -1
  #isEscaped = false
  /** The last string right within an object at the top: what its next value stands under. */
  #key = ''
  /** The last byte that was no space. */
  #last = COMMA
  #isLineStart = true
  #isSkipping = false
  #line = 1

  constructor({ listKeys, maxItemBytes = MAX_ITEM_BYTES }: SplitOptions) {
    this.#listKeys = listKeys
    this.#maxItemBytes = maxItemBytes
  }

  push(chunk: Buffer): JsonPart[] {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk])
    return this.#isFirst && this.#buffer.length < BYTE_ORDER_MARK.length ? [] : this.#advance()
  }

  end(): JsonPart[] {
    const parts = this.#advance()
    if (this.#open.length > this.#base) this.#fail('the file ends within it')
    else if (this.#base > 0) this.#fail('the file ends before its list does')
    return [...parts, ...this.#take()]
  }

  #advance(): JsonPart[] {
    const begin = this.#buffer.subarray(0, BYTE_ORDER_MARK.length)
    if (this.#isFirst && begin.equals(BYTE_ORDER_MARK)) this.#at = begin.length
    this.#isFirst = false
    for (; this.#at < this.#buffer.length; this.#at++) this.#read(this.#buffer[this.#at] ?? 0)
    this.#forget()
    return this.#take()
  }

  #take(): JsonPart[] {
    const parts = this.#parts
    this.#parts = []
    return parts
  }

  /** Keeps of what was read only the item that is not over yet, or the key. */
  #forget(): void {
    const isTooLarge = this.#itemAt >= 0 && this.#at - this.#itemAt > this.#maxItemBytes
    if (isTooLarge) {
      this.#fail(`it has more than ${this.#maxItemBytes} bytes`)
      this.#itemAt = -1
    }
    const from = this.#itemAt >= 0 ? this.#itemAt : this.#stringAt >= 0 ? this.#stringAt : this.#at
    // Of a string that is in no item only the beginning matters, if it is a key.
    const keptFrom = this.#itemAt < 0 && this.#at - from > this.#maxItemBytes ? this.#at : from
    this.#buffer = this.#buffer.subarray(keptFrom)
    this.#at -= keptFrom
    if (this.#itemAt >= 0) this.#itemAt -= keptFrom
    if (this.#stringAt >= 0) this.#stringAt = Math.max(0, this.#stringAt - keptFrom)
  }

  #read(byte: number): void {
    if (byte === NEWLINE) this.#readNewline()
    else if (this.#isSkipping) return
    else if (this.#stringAt >= 0) this.#readInString(byte)
    else if (byte !== SPACE && byte !== TAB && byte !== RETURN) {
      this.#readToken(byte)
      this.#isLineStart = false
    }
  }

  #readNewline(): void {
    if (this.#stringAt >= 0) this.#giveUp('a line ends within a string')
    this.#line++
    this.#isLineStart = true
    this.#isSkipping = false
  }

  #readInString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (byte === BACKSLASH) this.#isEscaped = true
    else if (byte === QUOTE) {
      if (this.#open.length === 1) this.#key = this.#buffer.toString('utf8', this.#stringAt + 1, this.#at)
      this.#stringAt = -1
      this.#last = QUOTE
    }
  }

  #readToken(byte: number): void {
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.#readOpening(byte)
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) this.#readClosing(byte)
    else if (this.#open.length === this.#base && byte !== COMMA) this.#giveUp('neither an object nor a list')
    else {
      if (byte === QUOTE) this.#stringAt = this.#at
      this.#last = byte
    }
  }

  #readOpening(byte: number): void {
    const isOutOfPlace = this.#open.length > 0 && !this.#mayOpen()
    if (isOutOfPlace && !this.#isLineStart) this.#giveUp('brackets do not match')
    else {
      if (isOutOfPlace) this.#cutOff()
      this.#begin(byte)
      this.#open.push(byte)
      this.#last = byte
    }
  }

  /** A line before this one was not written to its end. */
  #cutOff(): void {
    this.#fail('it is cut off')
    this.#reset(0)
  }

  #mayOpen(): boolean {
    const isInList = this.#open.at(-1) === OPEN_LIST
    return isInList ? this.#last === OPEN_LIST || this.#last === COMMA : this.#last === COLON
  }

  #begin(byte: number): void {
    if (this.#open.length > this.#base) {
      if (!this.#isListOfItems(byte)) return
      this.#base = 2
      this.#itemAt = -1
    } else if (this.#base === 0 && byte === OPEN_LIST) this.#base = 1
    else {
      this.#itemAt = this.#at
      this.#itemLine = this.#line
    }
  }

  #isListOfItems(byte: number): boolean {
    return byte === OPEN_LIST && this.#base === 0 && this.#open.length === 1 && this.#listKeys.has(this.#key)
  }

  #readClosing(byte: number): void {
    const opened = byte === CLOSE_OBJECT ? OPEN_OBJECT : OPEN_LIST
    if (this.#open.at(-1) !== opened) this.#giveUp('brackets do not match')
    else {
      this.#open.pop()
      this.#last = byte
      if (this.#open.length < this.#base) this.#base = 0
      else if (this.#open.length === this.#base && this.#itemAt >= 0) this.#emit()
    }
  }

  #emit(): void {
    const text = this.#buffer.toString('utf8', this.#itemAt, this.#at + 1)
    this.#parts.push({ text, line: this.#itemLine })
    this.#itemAt = -1
  }

  #fail(error: string): void {
    this.#parts.push({ error, line: this.#itemAt >= 0 ? this.#itemLine : this.#line })
  }

  /** The rest of the line is not read; a list that it stands in goes on. */
  #giveUp(error: string): void {
    this.#fail(error)
    this.#reset(this.#base)
    this.#isSkipping = true
  }

  #reset(depth: number): void {
    this.#open.length = depth
    this.#base = depth
    this.#itemAt = -1
    this.#stringAt = -1
    this.#isEscaped = false
    this.#last = COMMA
  }
}
