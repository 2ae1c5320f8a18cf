/// The name of a file in the cache: which object, how long it is, which part of it, and whether it is kept longest.
///
///     name = 40 hexadecimal digits of SHA-256(location) "-" length "-" start "-" end ("k" | "") ".range"
///
/// Objects under such names never change, so that a name and a length tell the content.
struct CacheName: Hashable, Sendable {
    /// The first 20 bytes of the hash of the object's location.
    let object: [UInt8]
    /// Of the whole object.
    let byteCount: Int64
    let range: Range<Int64>
    /// Footers and manifests, which every question wants.
    let isKept: Bool

    static let suffix = ".range"
    static let objectByteCount = 20

    init(object: [UInt8], byteCount: Int64, range: Range<Int64>, isKept: Bool) {
        self.object = object
        self.byteCount = byteCount
        self.range = range
        self.isKept = isKept
    }

    static func object(_ location: String) -> [UInt8] { Array(SHA256.hash(Array(location.utf8)).prefix(objectByteCount)) }

    var fileName: String {
        "\(Hexadecimal.text(object))-\(byteCount)-\(range.lowerBound)-\(range.upperBound)\(isKept ? "k" : "")\(Self.suffix)"
    }

    /// - Returns: nil for what is no such name.
    init?(fileName: String) {
        guard fileName.hasSuffix(Self.suffix) else { return nil }
        var text = fileName.dropLast(Self.suffix.count)
        isKept = text.hasSuffix("k")
        if isKept { text = text.dropLast() }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, let object = Hexadecimal.bytes(parts[0]), object.count == Self.objectByteCount, let count = Int64(parts[1]),
            let start = Int64(parts[2]), let end = Int64(parts[3]), 0 <= start, start < end, end <= count
        else { return nil }
        self.object = object
        byteCount = count
        range = start..<end
    }
}
