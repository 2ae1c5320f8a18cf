/// A message as bytes. Its length stands before it, by whoever sends it:
///
///     message := version:uint8 kind:uint8 members
///
/// Members follow each other in the order of their declarations; lists stand behind their counts, what may be absent behind a flag.
///
///     hello   := session:uint64 heard:uint64 version epoch promise isVouched:flag tail:mark
///     lead    := configuration session:uint64 to:uint64 version sentAt tenure committed:mark record[] flag [attempt history] vouches:nonce[] isOffer:flag
///     word    := session:uint64 version epoch promise echo tenure attempt tail:mark accepts:nonce[]
///     refusal := epoch
///     gone    := session:uint64 to:uint64 tenure first
///
///     mark    := sequence epoch hash[16]        nonce := session:uint64 count        x[] := count:uint32 x*        flag := uint8, 0 or 1
///
/// Numbers without a width are 64 bits, the lowest byte first, from 0 to 2^60. `configuration`, `record` and `history` are those of their files.
extension Message {
    /// The form of these bytes. Versions that differ by one must read each other's.
    static let frameVersion: UInt8 = 1
    /// A message of records, and no longer one: whoever receives it takes no more memory than that. Sixteen records are 2 MiB at most, a history, without records, as much (of versions before; a quarter of that now).
    package static let byteCountMax = 4 << 20

    /// Between machines: do not renumber.
    private enum Kind: UInt8 { case hello = 1, lead, word, refusal, gone }

    /// As it goes out, without its length.
    package var bytes: [UInt8] {
        var writer = FrameWriter()
        writer.write(Self.frameVersion)
        switch self {
        case .hello(let hello):
            writer.write(Kind.hello.rawValue)
            hello.write(to: &writer)
        case .lead(let lead):
            writer.write(Kind.lead.rawValue)
            lead.write(to: &writer)
        case .word(let word):
            writer.write(Kind.word.rawValue)
            word.write(to: &writer)
        case .refusal(let epoch):
            writer.write(Kind.refusal.rawValue)
            writer.write(epoch)
        case .gone(let gone):
            writer.write(Kind.gone.rawValue)
            gone.write(to: &writer)
        }
        return writer.bytes
    }

    /// Reads a message of anybody's.
    ///
    /// - Throws: `FrameFault`.
    package init(parsing bytes: ArraySlice<UInt8>) throws(FrameFault) {
        guard bytes.count <= Self.byteCountMax else { throw FrameFault("it is too long") }
        var reader = FrameReader(bytes)
        guard try reader.byte() == Self.frameVersion else { throw FrameFault("it is of another version") }
        guard let kind = Kind(rawValue: try reader.byte()) else { throw FrameFault("it is of no known kind") }
        switch kind {
        case .hello: self = .hello(try Hello(from: &reader))
        case .lead: self = .lead(try Lead(from: &reader))
        case .word: self = .word(try Word(from: &reader))
        case .refusal: self = .refusal(epoch: try reader.number())
        case .gone: self = .gone(try Gone(from: &reader))
        }
        try reader.end()
    }
}

/// Its members, in the order of the file's head; as those below.
extension Hello {
    func write(to writer: inout FrameWriter) {
        writer.write(session)
        writer.write(heard)
        writer.write(version)
        writer.write(epoch)
        writer.write(promise)
        writer.write(isVouched)
        writer.write(tail)
    }

    init(from reader: inout FrameReader) throws(FrameFault) {
        self.init(
            session: try reader.word64(), heard: try reader.word64(), version: try reader.number(), epoch: try reader.number(), promise: try reader.number(),
            isVouched: try reader.flag(), tail: try reader.mark())
    }
}

extension Word {
    func write(to writer: inout FrameWriter) {
        writer.write(session)
        for number in [version, epoch, promise, echo, tenure, attempt] { writer.write(number) }
        writer.write(tail)
        writer.write(accepts) { $0.write($1) }
    }

    init(from reader: inout FrameReader) throws(FrameFault) {
        self.init(
            session: try reader.word64(), version: try reader.number(), epoch: try reader.number(), promise: try reader.number(), echo: try reader.number(),
            tenure: try reader.number(), attempt: try reader.number(), tail: try reader.mark(),
            accepts: try reader.list(countMax: Bounds.vouchedCountMax, byteCount: 16) { reader throws(FrameFault) in try reader.nonce() })
    }
}

extension Lead {
    func write(to writer: inout FrameWriter) {
        configuration.write(to: &writer)
        writer.write(session)
        writer.write(to)
        for number in [version, sentAt, tenure] { writer.write(number) }
        writer.write(committed)
        writer.write(records) { $1.write(to: &$0) }
        writer.write(resume != nil)
        if let resume {
            writer.write(resume.attempt)
            resume.history.write(to: &writer)
        }
        writer.write(vouches) { $0.write($1) }
        writer.write(isOffer)
    }

    init(from reader: inout FrameReader) throws(FrameFault) {
        let configuration = try Configuration(from: &reader)
        // Arguments are evaluated from left to right: their order in these calls is that of the bytes.
        let (session, to) = (try reader.word64(), try reader.word64())
        let (version, sentAt, tenure) = (try reader.number(), try reader.number(), try reader.number())
        let committed = try reader.mark()
        let records = try reader.list(countMax: Bounds.batchCount, byteCount: Record.headByteCount) { reader throws(FrameFault) in try Record(from: &reader) }
        let resume = try reader.flag() ? Resume(from: &reader) : nil
        self.init(
            configuration: configuration, session: session, to: to, version: version, sentAt: sentAt, tenure: tenure, committed: committed, records: records,
            resume: resume, vouches: try reader.list(countMax: Bounds.vouchedCountMax, byteCount: 16) { reader throws(FrameFault) in try reader.nonce() },
            isOffer: try reader.flag())
    }
}

extension Gone {
    func write(to writer: inout FrameWriter) {
        writer.write(session)
        writer.write(to)
        writer.write(tenure)
        writer.write(first)
    }

    init(from reader: inout FrameReader) throws(FrameFault) {
        self.init(session: try reader.word64(), to: try reader.word64(), tenure: try reader.number(), first: try reader.number())
    }
}

extension Resume {
    init(from reader: inout FrameReader) throws(FrameFault) {
        let attempt = try reader.number()
        self.init(history: try History(from: &reader), attempt: attempt)
    }
}
