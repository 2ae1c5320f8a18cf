import ColumnStore

@testable import Ingest

/// Rows that differ in each part of their key, those that begin alike among them.
enum KeyedColumns {
    /// - Parameter sequenceCount: of each day, client, time and receipt so many rows.
    static func keys(sequenceCount: Int) -> [PageKey] {
        var keys: [PageKey] = []
        for day in [-1, 3] as [Int32] {
            for client in ["", "a", "ab", "b", "é"] {
                for issuedAt in [-5, 7] as [Int64] {
                    for receipt in ["1", "10", "2"] {
                        for sequence in 1...sequenceCount {
                            keys.append(PageKey(day: day, client: Array(client.utf8), issuedAt: issuedAt, receipt: Array(receipt.utf8), sequence: Int64(sequence)))
                        }
                    }
                }
            }
        }
        return keys
    }

    /// Business day, client, time of issue, receipt, sequence.
    static func columns(_ keys: [PageKey]) -> [Column] {
        func texts(_ part: (PageKey) -> [UInt8]) -> Column {
            var arrays = ByteArrays()
            for key in keys { arrays.append(part(key)) }
            return Column(type: .string, count: keys.count, values: .bytes(arrays))
        }
        return [
            Column(type: .date, count: keys.count, values: .int32(keys.map(\.day))), texts(\.client), Column(type: .timestampTZ, count: keys.count, values: .int64(keys.map(\.issuedAt))),
            texts(\.receipt), Column(type: .int64, count: keys.count, values: .int64(keys.map(\.sequence))),
        ]
    }
}
