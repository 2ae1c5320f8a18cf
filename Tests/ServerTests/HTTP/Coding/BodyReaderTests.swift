import Server
import XCTest

/// Goal: no byte of a body is held before it is charged, while its buffer grows neither. Method: bodies of unknown length in pieces, whose charges are noted.
final class BodyReaderTests: XCTestCase {
    private struct Refused: Error {}

    private func append(_ byteCount: Int, to reader: inout BodyReader, charge: (Int) throws -> Void) throws {
        try [UInt8](repeating: 7, count: byteCount).withUnsafeBytes { try reader.append($0, charge: charge) }
    }

    func test_append_chargesTheOldBufferBesideTheNewOne_whileItGrows() throws {
        var reader = BodyReader(byteCountMax: 100_000, expected: nil)
        var charges: [Int] = []
        for _ in 0..<24 { try append(4_096, to: &reader) { charges.append($0) } }
        XCTAssertEqual(charges, [16_384 + 8_192, 16_384, 32_768 + 16_384, 32_768, 65_536 + 32_768, 65_536, 100_000 + 65_536, 100_000])
        XCTAssertEqual(reader.bytes.count, 24 * 4_096)
    }

    func test_append_ofAnAnnouncedBody_movesItFewTimes_andTakesNoMoreThanWasSaid() throws {
        var reader = BodyReader(byteCountMax: 1 << 20, expected: 100_000)
        var charges: [Int] = []
        for _ in 0..<24 { try append(4_096, to: &reader) { charges.append($0) } }
        XCTAssertEqual(charges, [16_384 + 4_096, 16_384, 65_536 + 16_384, 65_536, 100_000 + 65_536, 100_000])
        XCTAssertEqual(reader.bytes.count, 24 * 4_096)
    }

    func test_append_thatIsRefusedItsMemory_takesNone() throws {
        var reader = BodyReader(byteCountMax: 1 << 20, expected: nil)
        try append(16_000, to: &reader) { _ in }
        XCTAssertThrowsError(try append(16_000, to: &reader) { byteCount in if byteCount > 40_000 { throw Refused() } })
        XCTAssertEqual(reader.bytes.count, 16_000)
    }
}
