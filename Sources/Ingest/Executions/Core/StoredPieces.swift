internal import Processes

/// The pieces of one execution, as `ExecutionCoder` has them.
struct StoredPieces {
    /// On disk: do not renumber.
    enum Kind: Int64 { case header = 0, constants = 1, head = 2, body = 3, history = 4 }

    private(set) var constants: [UInt8] = []
    private(set) var header: [UInt8] = []
    private(set) var frames: [(id: Int, head: [UInt8], body: [UInt8])] = []
    private(set) var byteCount = 0

    /// Reads all but the history.
    init(_ execution: Int64, _ connection: SQLiteConnection) throws {
        let select = try connection.statement("SELECT kind, number, bytes FROM pieces WHERE execution = ?1 AND kind < 4 ORDER BY kind, number")
        select.bind(1, execution)
        defer { select.reset() }
        var heads: [(id: Int, bytes: [UInt8])] = []
        var bodies: [Int: [UInt8]] = [:]
        while try select.step() {
            let bytes = select.bytes(2)
            byteCount += bytes.count
            switch Kind(rawValue: select.int64(0)) {
            case .header: header = bytes
            case .constants: constants = bytes
            case .head: heads.append((Int(select.int64(1)), bytes))
            case .body: bodies[Int(select.int64(1))] = bytes
            case .history, nil: break
            }
        }
        frames = heads.map { ($0.id, $0.bytes, bodies[$0.id] ?? []) }
    }

    static func historyCount(_ execution: Int64, _ connection: SQLiteConnection) throws -> Int64 {
        let select = try connection.statement("SELECT max(number) FROM pieces WHERE execution = ?1 AND kind = 4")
        select.bind(1, execution)
        defer { select.reset() }
        return try select.step() ? select.int64(0) : 0
    }
}
