import Server
import TestSupport
import XCTest

/// Goal: streams of right requests never fault however they are cut, and a chunk's framing that is broken always does, at the byte that breaks it.
/// Method: seeded random streams, cut at random; then every byte of one stream changed to each of those that matter.
final class FramingCheckTests: XCTestCase {
    private func fault(_ bytes: [UInt8], cutEvery length: () -> Int) -> Int? {
        var check = FramingCheck()
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + max(1, length()))
            if let place = bytes[start..<end].withUnsafeBytes({ check.take($0) }) { return start + place }
            start = end
        }
        return nil
    }

    private func request(_ random: inout SplitMix64) -> [UInt8] {
        func number(_ bound: UInt64) -> Int { Int(random.next() % bound) }
        var head = "\(["GET", "POST"][number(2)]) /v1/receipts HTTP/1.1\r\nHost: x\r\n"
        for _ in 0..<number(4) { head += "X-\(number(100)): \(String(repeating: "y", count: number(40)))\r\n" }
        switch number(3) {
        case 0: return Array((head + "\r\n").utf8)
        case 1:
            let body = (0..<number(300)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            return Array("\(head)\(["Content-Length", "content-length"][number(2)]): \(body.count)\r\n\r\n".utf8) + body
        default:
            var bytes = Array("\(head)\(["Transfer-Encoding", "transfer-ENCODING"][number(2)]): chunked\r\n\r\n".utf8)
            for _ in 0..<number(5) {
                let chunk = (0..<(1 + number(200))).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                bytes += Array((String(chunk.count, radix: 16, uppercase: number(2) == 0) + ["", ";a=b", ";q=\"\t\""][number(3)] + "\r\n").utf8) + chunk + [13, 10]
            }
            return bytes + Array(("0\r\n" + ["", "Foo: x\r\n"][number(2)] + "\r\n").utf8)
        }
    }

    func test_take_rightRequests_neverFault() {
        var random = SplitMix64(state: 0xC4_0B)
        for round in 0..<400 {
            let stream = (0..<6).flatMap { _ in request(&random) }
            XCTAssertNil(fault(stream) { stream.count }, "round \(round), whole")
            XCTAssertNil(fault(stream) { 1 }, "round \(round), byte by byte")
            XCTAssertNil(fault(stream) { Int(random.next() % 50) }, "round \(round), cut at random")
        }
    }

    func test_take_chunkFramingChanged_faultsAtThatByte() {
        let head = Array("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        let body = Array("5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nFoo: x\r\n\r\n".utf8)
        let good = head + body
        let behind = Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        XCTAssertNil(fault(good + behind) { 7 })
        for place in head.count..<good.count where good[place] == 13 || good[place] == 10 {
            for byte in [UInt8(ascii: "\n"), UInt8(ascii: "\r"), 0, UInt8(ascii: " ")] where byte != good[place] {
                var changed = good
                changed[place] = byte
                let found = fault(changed + behind) { 3 }
                let isInText = place >= good.count - 12 && byte != 10 && byte != 13 || byte == UInt8(ascii: " ") && good[place] == 13 && place > head.count + 12 && place < head.count + 20
                // A blank or a NUL in a trailer, or in an extension, breaks it one byte later, where its line end is half.
                XCTAssertNotNil(found, "byte \(place - head.count) as \(byte)")
                if !isInText, let found { XCTAssertLessThanOrEqual(found, place + 1, "byte \(place - head.count) as \(byte)") }
            }
        }
    }

    /// What waits for bytes that nobody sends, or reads what nobody wants, is refused at once.
    func test_take_sizesBeyondAll_andLongExtensions_fault() {
        let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        for line in ["7FFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFFF", "10000000000000002", String(repeating: "0", count: 100), "2;" + String(repeating: "a", count: 5_000)] {
            XCTAssertNotNil(fault(Array((head + line).utf8)) { 9 }, String(line.prefix(30)))
        }
        for line in ["ffffffffffffff", "0000000000000000000000000002", "2;" + String(repeating: "a", count: 4_000)] {
            XCTAssertNil(fault(Array((head + line + "\r\n").utf8)) { 9 }, String(line.prefix(30)))
        }
    }

    func test_take_numbersAtTheEnds_neverTrap() {
        for length in ["9223372036854775807", "9223372036854775808", "99999999999999999999999999", "-1", "+5", "", "1e9", " \t7 "] {
            _ = fault(Array("POST / HTTP/1.1\r\nContent-Length: \(length)\r\n\r\nabc".utf8)) { 5 }
        }
        for size in ["7fffffffffffffff", "8000000000000000", "ffffffffffffffff", "10000000000000000", String(repeating: "0", count: 5_000) + "1", String(repeating: "f", count: 5_000)] {
            _ = fault(Array("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\(size)\r\nabc\r\n".utf8)) { 5 }
        }
        var random = SplitMix64(state: 0xF0_22)
        for _ in 0..<2_000 {
            var stream = request(&random) + request(&random)
            for _ in 0..<3 where !stream.isEmpty { stream[Int(random.next() % UInt64(stream.count))] = UInt8(truncatingIfNeeded: random.next()) }
            _ = fault(stream) { Int(random.next() % 40) }
        }
    }
}
