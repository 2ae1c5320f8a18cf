import ColumnStore
import XCTest

@testable import Processes

/// Goal: what was written is read, in one form, and any other bytes are refused without a trap. Method: all inputs of one and two bytes, numbers around every power of two, every cut.
final class ByteCodingTests: XCTestCase {
    private var numbers: [UInt64] {
        (0..<64).flatMap { shift -> [UInt64] in
            let power = UInt64(1) << UInt64(shift)
            return [power &- 1, power, power &+ 1]
        } + [.max, .max - 1]
    }

    func test_number_aroundEveryPowerOfTwo_isReadAgain_andNoCutOfIt() throws {
        for number in numbers {
            var encoder = ByteEncoder()
            encoder.number(number)
            XCTAssertLessThanOrEqual(encoder.bytes.count, 10)
            var decoder = ByteDecoder(encoder.bytes)
            XCTAssertEqual(try decoder.number(), number)
            XCTAssertNoThrow(try decoder.finish())
            for cut in encoder.bytes.indices {
                var decoder = ByteDecoder(Array(encoder.bytes[..<cut]))
                XCTAssertThrowsError(try decoder.number(), "\(number), cut at \(cut)")
            }
        }
    }

    func test_integer_ofBothSigns_isReadAgain_nearZeroInAByte() throws {
        for number in numbers {
            for value in [Int64(truncatingIfNeeded: number), 0 &- Int64(truncatingIfNeeded: number)] {
                var encoder = ByteEncoder()
                encoder.integer(value)
                var decoder = ByteDecoder(encoder.bytes)
                XCTAssertEqual(try decoder.int64(), value)
                if (-64..<64).contains(value) { XCTAssertEqual(encoder.bytes.count, 1, "\(value)") }
            }
        }
    }

    /// A number has one form: whatever is read was written so.
    func test_number_ofAllInputsOfTwoBytes_isReadInOneFormOnly() {
        for input in 0..<65_536 {
            let bytes = [UInt8(truncatingIfNeeded: input), UInt8(truncatingIfNeeded: input >> 8)]
            var decoder = ByteDecoder(bytes)
            guard let number = try? decoder.number() else { continue }
            var encoder = ByteEncoder()
            encoder.number(number)
            if encoder.bytes != Array(bytes[..<(bytes.count - decoder.left)]) { XCTFail("\(bytes) is read as \(number)") }
        }
    }

    func test_number_ofMoreThan64Bits_orALongerForm_isRefused() {
        let most = [UInt8](repeating: 0xFF, count: 9)
        var decoder = ByteDecoder(most + [0x01])
        XCTAssertEqual(try decoder.number(), .max)
        for bytes in [most + [0x02], most + [0x81, 0x00], [0x80, 0x00], [0x81, 0x80, 0x00], most + [0x80, 0x01]] {
            var decoder = ByteDecoder(bytes)
            XCTAssertThrowsError(try decoder.number(), "\(bytes)")
        }
    }

    func test_text_thatIsLongerThanTheBytes_orNoUTF8_isRefused() throws {
        var encoder = ByteEncoder()
        encoder.text("é")
        var decoder = ByteDecoder(encoder.bytes)
        XCTAssertEqual(try decoder.text(), "é")
        for bytes in [[3, 0xC3, 0xA9], [2, 0xC3], [1, 0xC3], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x61]] as [[UInt8]] {
            var decoder = ByteDecoder(bytes)
            XCTAssertThrowsError(try decoder.text(), "\(bytes)")
        }
    }

    /// Earlier programs let them in: an execution that has one is none the worse.
    func test_value_thatNamesAMemberTwice_isReadAgain() throws {
        let value = JSONValue.object([.init("a", .integer(1)), .init("a", .array([.object([.init("b", .null), .init("b", .null)])]))])
        var encoder = ByteEncoder()
        encoder.value(value)
        var decoder = ByteDecoder(encoder.bytes)
        XCTAssertEqual(try decoder.value(), value)
        XCTAssertNoThrow(try decoder.finish())
    }

    func test_integerWithinARange_andFlag_refuseAllElse() throws {
        for value in -3...3 {
            var encoder = ByteEncoder()
            encoder.integer(value)
            var decoder = ByteDecoder(encoder.bytes)
            XCTAssertEqual(try? decoder.integer(-1...2, "a number"), (-1...2).contains(value) ? value : nil)
        }
        for byte in UInt8.min...UInt8.max {
            var decoder = ByteDecoder([byte])
            XCTAssertEqual(try? decoder.flag(), byte > 1 ? nil : byte == 1)
        }
    }
}
