import ColumnStore
import Glibc
import Query

/// Where a receipt stands in the order of answers: business day, client, time of issue, receipt id; the sequence tells FAILED ones
/// under one identity apart.
///
/// The order of `ColdOrder`, so that a page is found where files have it. Instants in microseconds, days since 1970.
struct PageKey: Comparable, Sendable {
    var day: Int32
    var client: [UInt8]
    var issuedAt: Int64
    var receipt: [UInt8]
    var sequence: Int64

    static func < (left: PageKey, right: PageKey) -> Bool {
        if left.day != right.day { return left.day < right.day }
        let clients = order(left.client, right.client)
        if clients != 0 { return clients < 0 }
        if left.issuedAt != right.issuedAt { return left.issuedAt < right.issuedAt }
        let receipts = order(left.receipt, right.receipt)
        return receipts == 0 ? left.sequence < right.sequence : receipts < 0
    }

    /// Below, at or above 0: how two texts stand by their bytes.
    static func order(_ left: [UInt8], _ right: [UInt8]) -> Int {
        left.withUnsafeBytes { left in right.withUnsafeBytes { right in order(left, right) } }
    }

    static func order(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        let common = min(left.count, right.count)
        if common > 0, let leftStart = left.baseAddress, let rightStart = right.baseAddress {
            let order = memcmp(leftStart, rightStart, common)
            if order != 0 { return Int(order) }
        }
        return left.count - right.count
    }

    /// As a cursor's fields.
    ///
    /// Five: day, client, issued at, receipt, sequence; numbers in eight bytes, big-endian.
    var fields: [[UInt8]] { [Self.bytes(Int64(day)), client, Self.bytes(issuedAt), receipt, Self.bytes(sequence)] }

    init(day: Int32, client: [UInt8], issuedAt: Int64, receipt: [UInt8], sequence: Int64) {
        self.day = day
        self.client = client
        self.issuedAt = issuedAt
        self.receipt = receipt
        self.sequence = sequence
    }

    /// Nil unless they are five, with numbers that fit.
    init?(_ fields: ArraySlice<[UInt8]>) {
        let fields = Array(fields)
        guard fields.count == 5, let day = Self.integer(fields[0]).flatMap({ Int32(exactly: $0) }), let issuedAt = Self.integer(fields[2]),
            let sequence = Self.integer(fields[4])
        else { return nil }
        self.init(day: day, client: fields[1], issuedAt: issuedAt, receipt: fields[3], sequence: sequence)
    }

    static func bytes(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
    static func integer(_ bytes: [UInt8]) -> Int64? {
        bytes.count == 8 ? bytes.withUnsafeBytes { Int64(bigEndian: $0.loadUnaligned(as: Int64.self)) } : nil
    }
}

/// Finds the keys of a page: the first rows behind a key, in order, of those that pass.
///
/// The order begins with the business day, so days are read in windows that grow: a page of all clients reads about a day, a page of a
/// rare client few windows, and what a window's bounds rule out is never read.
///
/// Example: of a store whose days are 1 to 100, and a page behind day 10: windows 10, 11–12, 13–16, 17–24 and so on, until the page is full.
struct PageWalk {
    let table: any TableSource
    let scope: [ColumnFilter]
    let filters: [ColumnFilter]
    /// Only rows behind it.
    let after: PageKey?
    /// The days that the store has rows of.
    let days: ClosedRange<Int32>?

    private static let keyColumns: [ColumnPath] = ["business_day", "client_id", "issued_at", "receipt_id", "sequence"]

    /// - Returns: at most `limit`, in order; fewer where there are no more.
    /// - Complexity: O(rows of the windows that were read).
    func keys(limit: Int) throws -> [PageKey] {
        guard let days else { return [] }
        var low = max(days.lowerBound, after?.day ?? .min)
        var width: Int32 = 1
        var keys: [PageKey] = []
        while low <= days.upperBound, keys.count < limit {
            let high = days.upperBound.subtractingSaturating(low) < width ? days.upperBound : low + width - 1
            keys += try window(low...high, limit: limit - keys.count)
            guard high < days.upperBound else { break }
            low = high + 1
            width = width.multipliedSaturating(by: 2)
        }
        return keys
    }

    /// All rows of the window's days that may pass are read, whatever the limit: their order within a day is not that of arrival.
    private func window(_ days: ClosedRange<Int32>, limit: Int) throws -> [PageKey] {
        let range = ColumnFilter.Test.range(
            lower: .init(.integer(Int64(days.lowerBound)), isInclusive: true), upper: .init(.integer(Int64(days.upperBound)), isInclusive: true))
        let request = ScanRequest(projection: Self.keyColumns, scope: scope, filters: [ColumnFilter("business_day", range)] + filters)
        let after = after
        let gathered = try ParallelScan.run(try table.scan(request)) { _ in
            FirstKeys(limit: limit, after: after)
        } each: { keys, batch in
            keys.add(batch)
        }
        guard var first = gathered.first else { return [] }
        for other in gathered.dropFirst() { first.add(other) }
        return first.sorted()
    }
}
