@testable import ColumnStore

/// A page's bytes as a reader has them: with padding after them.
enum PaddedPage {
    static func read<Result>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let padded = bytes + [UInt8](repeating: 0xA5, count: ByteRegion.paddingByteCount)
        return try padded.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<bytes.count])) }
    }

    static func source(_ bytes: UnsafeRawBufferPointer, _ type: PhysicalType, width: Int = 0, valueCount: Int) -> PageValueSource {
        PageValueSource(bytes: bytes, type: type, width: width, valueCount: valueCount, budget: .unlimited)
    }
}
