/// The trace that outgoing calls belong to (W3C Trace Context, level 1): that of the request which brought the receipt, else one of its own,
/// made of its ticket, which is as long.
enum Trace {
    /// The value of `traceparent` for one call.
    ///
    /// - Parameter trace: trace id and flags, `0af7651916cd43dd8448eb211c80319c-01`.
    static func parent(_ trace: String?, ticketID: String) -> String {
        let trace = trace ?? "\(hex(ULID(ticketID)?.bytes ?? []))-00"
        // Each call is a span; 0 would be none.
        let span = UInt64.random(in: 1...UInt64.max)
        return "00-\(trace.prefix(32))-\(hex(withUnsafeBytes(of: span.bigEndian) { Array($0) }))\(trace.dropFirst(32))"
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
