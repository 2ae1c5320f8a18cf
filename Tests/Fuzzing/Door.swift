/// One way by which bytes from outside come in, for a fuzzer to try. A file of its own in `Doors/`, and a line in `all`.
///
/// What must hold for any bytes at all: the process goes on, within its memory and its time. An error that is thrown is a refusal, and
/// fine; a trap is a finding. A door may ask for more, with `precondition`: that what was written is read back, that two ways agree.
struct Door: Sendable {
    /// What the command line and the folder below `Corpus/` call it.
    let name: String
    /// Good inputs, from which mutations begin; made here by Till's own writers where they can be, so that the tree need not hold them. Findings
    /// that were mended stand in `Corpus/<name>/`, where they are tried first.
    let seeds: @Sendable () throws -> [[UInt8]]
    /// What inputs of this door are made of: a fuzzer that knows the words need not find them letter by letter.
    var words: @Sendable () -> [String] = { [] }
    /// Reads one input. The bytes are the caller's: they are gone when this returns.
    let fuzz: @Sendable (UnsafeRawBufferPointer) throws -> Void

    static let all: [Door] = [
        files, documents, questions, tokens, proofs, processes, others, postgres, stores, servers, cluster, archives, logs, foundings, buckets, links,
    ].flatMap { $0 }

    private static let files: [Door] = [.parquet, .parquetPages, .thrift, .rowGroupCopy, .avro, .iceberg, .timeZone, .backupManifest]
    private static let questions: [Door] = [.sql, .sqlValues, .head, .contentCoding]
    private static let others: [Door] = [.registrarAnswer, .callback, .settings, .importFile]
    private static let servers: [Door] = [.connection, .calls]
}

/// An input read as choices, for doors that build something well-formed but odd out of them: a fuzzer that changes a byte changes a choice.
/// Past the end every choice is 0.
struct Choices {
    private let bytes: UnsafeRawBufferPointer
    private var place = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { place >= bytes.count }

    mutating func byte() -> UInt8 {
        guard place < bytes.count else { return 0 }
        defer { place += 1 }
        return bytes[place]
    }

    /// A number below `count`.
    mutating func below(_ count: Int) -> Int {
        var value = Int(byte())
        if count > 256 { value = value << 8 | Int(byte()) }
        return value % max(count, 1)
    }

    mutating func flag() -> Bool { byte() & 1 == 1 }

    mutating func pick<Element>(_ among: [Element]) -> Element { among[below(among.count)] }

    /// Often at the end of a range, where arithmetic gives way.
    mutating func integer() -> Int64 {
        switch byte() % 8 {
        case 0: return 0
        case 1: return Int64(Int8(bitPattern: byte()))
        case 2: return .max &- Int64(byte())
        case 3: return .min &+ Int64(byte())
        case 4: return Int64(Int32.max) &+ Int64(Int8(bitPattern: byte()))
        case 5: return Int64(Int32.min) &+ Int64(Int8(bitPattern: byte()))
        case 6: return 1 << Int64(byte() % 63)
        default: return (0..<8).reduce(0) { value, _ in value << 8 | Int64(byte()) }
        }
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }

    /// What is left, whole.
    mutating func rest() -> [UInt8] {
        defer { place = bytes.count }
        return Array(bytes[min(place, bytes.count)...])
    }
}
