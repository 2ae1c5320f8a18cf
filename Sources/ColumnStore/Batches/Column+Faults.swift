/// The invariants of columns, asked in full: each row is looked at. For assertions, which release builds leave out; what must not be trusted there is
/// checked where it comes in, a page at a time.
extension Column {
    /// Which invariant is broken, here or in what lies within; nil for none.
    ///
    /// - Complexity: O(rows), those of all that lies within.
    public var fault: String? {
        if let validity, validity.count != count { return "\(validity.count) bits of validity for \(count) rows" }
        if let own = values.count, own != count { return "\(own) values for \(count) rows" }
        if let fault = values.fault(count: count) { return fault }
        // Nothing but NULL is of no type: a builder of such a column has no room for values.
        if type == .null, count > 0 { if case .constant(.null) = values {} else { return "values of no type" } }
        switch values {
        case .bits, .int32, .int64, .int128, .double, .interval, .constant, .bytes: return nil
        case .dictionary(_, let dictionary): return dictionary.values.fault
        case .list(let offsets, let element):
            if offsets.last.map(Int.init) != element.count { return "elements after the last list" }
            for row in 0..<count where isNull(at: row) && offsets[row] != offsets[row + 1] { return "a NULL list with elements" }
            return element.fault
        case .structure(let members): return members.lazy.compactMap(\.fault).first
        }
    }
}

extension Column.Values {
    /// Which invariant is broken; nil for none.
    ///
    /// - Parameter count: rows of the column.
    func fault(count: Int) -> String? {
        switch self {
        case .bits, .int32, .int64, .int128, .double, .interval, .constant: nil
        case .bytes(let arrays): arrays.fault
        case .dictionary(let codes, let dictionary): Self.are(codes, below: dictionary.count) ? nil : "a code past its dictionary's \(dictionary.count) entries"
        case .list(let offsets, let element): Self.faultOfOffsets(offsets, end: element.count)
        case .structure(let members): members.allSatisfy { $0.count == count } ? nil : "a member of more or fewer than \(count) rows"
        }
    }

    /// Offsets begin at 0, rise, and end no further than `end`.
    fileprivate static func faultOfOffsets(_ offsets: [Int32], end: Int) -> String? {
        guard let first = offsets.first, let last = offsets.last else { return "no offsets" }
        if first != 0 { return "offsets from \(first) on, not 0" }
        if Int(last) > end { return "offsets past \(end), up to \(last)" }
        return offsets.withUnsafeBufferPointer { offsets in
            var index = 1
            while index < offsets.count {
                if offsets[index] < offsets[index &- 1] { return "offsets that fall, from \(offsets[index - 1]) to \(offsets[index])" }
                index &+= 1
            }
            return nil
        }
    }

    private static func are(_ codes: [UInt32], below count: Int) -> Bool {
        codes.withUnsafeBufferPointer { codes in
            var index = 0
            while index < codes.count {
                if Int(codes[index]) >= count { return false }
                index &+= 1
            }
            return true
        }
    }
}

extension ByteArrays {
    /// As `Column.Values.fault`.
    var fault: String? {
        Column.Values.faultOfOffsets(offsets, end: bytes.count)
            ?? (Int(offsets[offsets.count - 1]) == bytes.count ? nil : "offsets up to \(offsets[offsets.count - 1]), bytes up to \(bytes.count)")
    }
}
