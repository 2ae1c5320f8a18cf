import ColumnStore

/// The first keys, in order, of all rows that are shown to it: no more than so many, and only those behind a key.
///
/// Most rows of a large table come behind the last key that is wanted, which can be seen from their columns without making keys of them.
///
/// A value for each thread of a scan; in the end they are added up. Memory: at most `limit` keys and as many again, or 1,024 if that is more.
struct FirstKeys: Sendable {
    let limit: Int
    private let after: PageKey?
    private var keys: [PageKey] = []
    /// Once as many keys are known as are wanted: the last of those. What comes behind it is not wanted.
    private var last: PageKey?

    init(limit: Int, after: PageKey?) { (self.limit, self.after) = (limit, after) }

    /// - Parameter batch: business day, client id, issued at, receipt id, sequence.
    /// - Complexity: O(rows) comparisons with two keys, and now and then a sort.
    mutating func add(_ batch: ColumnBatch) {
        let rows = KeyRows(batch)
        let after = after.map { rows.border($0) }
        var last = last.map { rows.border($0) }
        for row in 0..<batch.rowCount {
            if let last, rows.order(row, last) > 0 { continue }
            if let after, rows.order(row, after) <= 0 { continue }
            keys.append(rows.key(row))
            // Sorted now and then only: as many again may gather.
            if keys.count >= limit + max(limit, 1_024) {
                cut()
                last = self.last.map { rows.border($0) }
            }
        }
    }

    mutating func add(_ other: FirstKeys) {
        keys += other.keys
        cut()
    }

    mutating func sorted() -> [PageKey] {
        cut()
        return keys
    }

    /// Keeps the first `limit`, in order.
    private mutating func cut() {
        keys.sort()
        guard keys.count >= limit else { return }
        keys.removeLast(keys.count - limit)
        last = keys.last
    }
}

/// The key columns of a batch, for comparing rows with keys where they lie.
///
/// Comparing where they lie spares an array for each row: most are not wanted.
private struct KeyRows {
    private let days: [Int32]
    private let issued: [Int64]
    private let receipts: ByteArrays
    private let sequences: [Int64]
    private let clients: ByteArrays
    /// Of each row, among `clients`; nil: the row's own.
    private let codes: [UInt32]?

    /// A key, and how each client stands to its client: a batch has many rows of few clients.
    struct Border {
        let key: PageKey
        let clientOrders: [Int]
    }

    init(_ batch: ColumnBatch) {
        var clients = batch.columns[1]
        if case .dictionary(let codes, let entries) = clients.values {
            self.codes = codes
            clients = entries.values
        } else {
            codes = nil
            clients = clients.flattened()
        }
        let others = [0, 2, 3, 4].map { batch.columns[$0].flattened().values }
        guard case .int32(let days) = others[0], case .bytes(let clients) = clients.values, case .int64(let issued) = others[1],
            case .bytes(let receipts) = others[2], case .int64(let sequences) = others[3]
        else { preconditionFailure("the key's columns have fixed types") }
        (self.days, self.clients, self.issued, self.receipts, self.sequences) = (days, clients, issued, receipts, sequences)
    }

    func key(_ row: Int) -> PageKey {
        PageKey(
            day: days[row], client: Array(clients[client(of: row)]), issuedAt: issued[row], receipt: Array(receipts[row]),
            sequence: sequences[row])
    }

    private func client(of row: Int) -> Int { codes.map { Int($0[row]) } ?? row }

    /// - Complexity: O(clients of the batch), once for all of its rows.
    func border(_ key: PageKey) -> Border {
        Border(key: key, clientOrders: (0..<clients.count).map { Self.order(clients, $0, key.client) })
    }

    /// Below, at or above 0: how a row stands to a key.
    func order(_ row: Int, _ border: Border) -> Int {
        let key = border.key
        if days[row] != key.day { return days[row] < key.day ? -1 : 1 }
        let clients = border.clientOrders[client(of: row)]
        if clients != 0 { return clients }
        if issued[row] != key.issuedAt { return issued[row] < key.issuedAt ? -1 : 1 }
        let texts = Self.order(receipts, row, key.receipt)
        if texts != 0 { return texts }
        return sequences[row] < key.sequence ? -1 : sequences[row] > key.sequence ? 1 : 0
    }

    private static func order(_ texts: ByteArrays, _ place: Int, _ other: [UInt8]) -> Int {
        texts.bytes.withUnsafeBytes { bytes in
            other.withUnsafeBytes { PageKey.order(UnsafeRawBufferPointer(rebasing: bytes[texts.range(at: place)]), $0) }
        }
    }
}
