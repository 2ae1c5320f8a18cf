/// What a document says where a path leads, before it becomes a column's value.
struct ScalarText: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        /// No node there.
        case absent
        /// JSON null, an empty XML element.
        case null
        case string, number, `true`, `false`
        /// An object or array.
        case container
    }

    var kind: Kind
    /// No NUL can be in it: raw text of JSON and XML cannot hold one.
    var isWithoutNUL = false
    /// Text in UTF-8, unescaped; in the document or an arena.
    var bytes: UnsafePointer<UInt8>
    var count: Int

    @inline(__always) var isPresent: Bool { kind.rawValue > Kind.null.rawValue }
    var array: [UInt8] { Array(UnsafeBufferPointer(start: bytes, count: count)) }
    var string: String { String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self) }

    /// A place to point to when there is no text.
    nonisolated(unsafe) static let noBytes: UnsafePointer<UInt8> = {
        let byte = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
        byte.initialize(to: 0)
        return UnsafePointer(byte)
    }()

    static var absent: ScalarText { ScalarText(kind: .absent, bytes: noBytes, count: 0) }
    static var null: ScalarText { ScalarText(kind: .null, bytes: noBytes, count: 0) }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    /// Without blanks at both ends.
    func trimmed() -> ScalarText {
        var start = 0
        var end = count
        while start < end, Self.isBlank(bytes[start]) { start &+= 1 }
        while end > start, Self.isBlank(bytes[end &- 1]) { end &-= 1 }
        return ScalarText(kind: kind, isWithoutNUL: isWithoutNUL, bytes: bytes + start, count: end &- start)
    }
}
