/// `Range: bytes=…` of a body whose length is known (RFC 9110, section 14). Of several ranges none is served: a recipient must take the whole then.
///
///     bytes=0-99      the first hundred          bytes=100-   all from the 101st on
///     bytes=-100      the last hundred           bytes=5-2, bytes=0-1,4-5, lines=0-9: as if none were there
enum ByteRange: Equatable {
    case whole
    case part(Range<Int64>)
    /// Nothing of the body lies in it.
    case unsatisfiable

    init(_ header: String?, of byteCount: Int64) {
        guard let header, let spec = Self.spec(header) else {
            self = .whole
            return
        }
        switch spec {
        case (let first?, let last):
            guard first <= last ?? .max else {
                self = .whole
                return
            }
            // The last byte may lie past the end, and is the last one there is then; the first may not.
            self = first < byteCount ? .part(first..<(min(last ?? .max, byteCount - 1) + 1)) : .unsatisfiable
        case (nil, let suffix?): self = suffix > 0 && byteCount > 0 ? .part(max(0, byteCount - suffix)..<byteCount) : .unsatisfiable
        case (nil, nil): self = .whole
        }
    }

    /// Nil for what is no single range of bytes: it counts as if it were not there.
    private static func spec(_ header: String) -> (first: Int64?, last: Int64?)? {
        let parts = header.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].trimmingBlanks.lowercased() == "bytes" else { return nil }
        let ends = parts[1].trimmingBlanks.split(separator: "-", omittingEmptySubsequences: false).map(\.trimmingBlanks)
        guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else { return nil }
        // Past 64 bits is past any end.
        let numbers = ends.map { end -> Int64? in end.isEmpty ? nil : Int64(end) ?? .max }
        return ends[0].isEmpty && ends[1].isEmpty ? nil : (numbers[0], numbers[1])
    }
}
