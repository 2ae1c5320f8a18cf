/// Reads what `ChangeWriter` has written. The bytes come from outside: every length is held against what is there.
///
/// Grammar: `ChangeWriter`. Nothing is allocated for a count before its members are there; a count is at most 2,000, a length at most what is left.
struct ChangeReader {
    /// A value of SQLite's with its type. Doubles are their bits, so that NaN and -0 are equal to themselves; texts and blobs share the reader's
    /// bytes.
    enum Value: Equatable {
        case null
        case integer(Int64)
        case double(UInt64)
        case text(ArraySlice<UInt8>)
        case blob(ArraySlice<UInt8>)
    }

    /// What tells a row apart: its row id, or the values of its primary key in their order.
    enum Key: Equatable {
        case row(Int64)
        case columns([Value])
    }

    struct Table {
        let name: String
        let hasRowID: Bool
    }

    /// Columns are numbered from 0, in the order of the table.
    enum Change {
        case insert(Table, row: Int64?, [Value])
        case update(Table, Key, [(column: Int, value: Value)])
        case delete(Table, Key)
        case schema(String, isNew: Bool, version: Int64)
    }

    /// The bytes are none of a commit.
    struct Damaged: Error {}

    /// SQLite's own bound.
    private static let columnCountMax = 2_000

    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private var tables: [Table] = []

    init(_ bytes: ArraySlice<UInt8>) { (self.bytes, position) = (bytes, bytes.startIndex) }

    /// `table` entries are taken in on the way, and give no change.
    ///
    /// - Returns: nil after the last.
    /// - Throws: `Damaged` for an unknown tag or type, a table that was not named, or an end within an entry. Not to be asked again then.
    mutating func next() throws(Damaged) -> Change? {
        while position < bytes.endIndex {
            guard let tag = ChangeWriter.Tag(rawValue: try byte()) else { throw Damaged() }
            switch tag {
            case .table: tables.append(Table(name: try text(), hasRowID: try byte() != 0))
            case .insert:
                let table = try table()
                return .insert(table, row: table.hasRowID ? try signed() : nil, try values())
            case .update:
                let table = try table()
                let key = try key(table)
                var columns: [(column: Int, value: Value)] = []
                for _ in 0..<(try count()) {
                    let column = try count()
                    columns.append((column, try value()))
                }
                return .update(table, key, columns)
            case .delete:
                let table = try table()
                return .delete(table, try key(table))
            case .schema:
                let isNew = try byte() != 0
                let version = try signed()
                return .schema(try text(), isNew: isNew, version: version)
            }
        }
        return nil
    }

    private mutating func table() throws(Damaged) -> Table {
        let number = try unsigned()
        guard number < UInt64(tables.count) else { throw Damaged() }
        return tables[Int(number)]
    }

    private mutating func key(_ table: Table) throws(Damaged) -> Key { table.hasRowID ? .row(try signed()) : .columns(try values()) }

    private mutating func values() throws(Damaged) -> [Value] {
        var values: [Value] = []
        for _ in 0..<(try count()) { values.append(try value()) }
        return values
    }

    private mutating func value() throws(Damaged) -> Value {
        switch try byte() {
        case 0: return .null
        case 1: return .integer(try signed())
        // Little-endian, so the last byte counts most.
        case 2: return .double(try take(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
        case 3: return .text(try content())
        case 4: return .blob(try content())
        default: throw Damaged()
        }
    }

    private mutating func count() throws(Damaged) -> Int {
        let number = try unsigned()
        guard number <= UInt64(Self.columnCountMax) else { throw Damaged() }
        return Int(number)
    }

    private mutating func content() throws(Damaged) -> ArraySlice<UInt8> {
        let count = try unsigned()
        guard count <= UInt64(bytes.endIndex - position) else { throw Damaged() }
        return try take(Int(count))
    }

    private mutating func text() throws(Damaged) -> String {
        guard let text = String(validating: try content(), as: UTF8.self) else { throw Damaged() }
        return text
    }

    private mutating func byte() throws(Damaged) -> UInt8 {
        guard position < bytes.endIndex else { throw Damaged() }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func take(_ count: Int) throws(Damaged) -> ArraySlice<UInt8> {
        guard count <= bytes.endIndex - position else { throw Damaged() }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// Zigzag: 0, -1, 1, -2 are written as 0, 1, 2, 3, so that small numbers of either sign are short.
    private mutating func signed() throws(Damaged) -> Int64 {
        let number = try unsigned()
        return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
    }

    /// LEB128: seven bits a byte, the lowest first, the high bit set on all but the last. Ten bytes at most.
    private mutating func unsigned() throws(Damaged) -> UInt64 {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try byte()
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
        }
        throw Damaged()
    }
}
