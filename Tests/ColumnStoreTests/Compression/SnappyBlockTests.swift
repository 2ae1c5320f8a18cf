import ColumnStore
import TestSupport
import XCTest

/// Goal: blocks of Snappy inflate as its description says, byte by byte: what libsnappy wrote, elements of every kind anywhere in a block, and bytes that are none.
final class SnappyBlockTests: XCTestCase {
    /// The description, said as plainly as it can be: every length is looked at, every byte moved by itself.
    private func model(_ block: [UInt8]) -> [UInt8]? {
        var rest = block[...]
        func number(_ width: Int) -> Int? {
            guard rest.count >= width else { return nil }
            defer { rest = rest.dropFirst(width) }
            return rest.prefix(width).reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        var count = 0
        for place in 0..<5 {
            guard let byte = number(1), place < 4 || byte < 16 else { return nil }
            count |= (byte & 0x7F) << (7 * place)
            if byte < 0x80 { break }
        }
        var bytes: [UInt8] = []
        while let tag = number(1) {
            if tag & 3 == 0 {
                var length = tag >> 2 + 1
                if length > 60 {
                    guard let said = number(length - 60) else { return nil }
                    length = said + 1
                }
                guard rest.count >= length, bytes.count + length <= count else { return nil }
                bytes += rest.prefix(length)
                rest = rest.dropFirst(length)
            } else {
                let isShort = tag & 3 == 1
                guard let low = number([0, 1, 2, 4][tag & 3]) else { return nil }
                let distance = isShort ? (tag >> 5) << 8 | low : low
                let length = isShort ? 4 + tag >> 2 & 7 : tag >> 2 + 1
                guard distance > 0, distance <= bytes.count, bytes.count + length <= count else { return nil }
                for _ in 0..<length { bytes.append(bytes[bytes.count - distance]) }
            }
        }
        return bytes.count == count ? bytes : nil
    }

    /// - Returns: nil where it is refused. Fails where a byte beyond the target is written.
    private func inflate(_ block: [UInt8], _ count: Int) -> [UInt8]? {
        let margin = 128
        var room = [UInt8](repeating: 0xA5, count: count + 2 * margin)
        let isTaken = room.withUnsafeMutableBytes { room in
            block.withUnsafeBytes { block in
                do {
                    try PageDecompressor().decompress(.snappy, block, into: UnsafeMutableRawBufferPointer(rebasing: room[margin..<margin + count]))
                    return true
                } catch { return false }
            }
        }
        XCTAssertTrue((room.prefix(margin) + room.suffix(margin)).allSatisfy { $0 == 0xA5 }, "bytes beyond the target are written: \(block.prefix(200))")
        return isTaken ? Array(room[margin..<margin + count]) : nil
    }

    private func header(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var left = count
        while left >= 0x80 {
            bytes.append(UInt8(left & 0x7F | 0x80))
            left >>= 7
        }
        return bytes + [UInt8(left)]
    }

    /// Elements that are right most of the time, of every kind, length and distance; `count` is what comes out where they are.
    private func elements(_ random: inout SplitMix64, upTo least: Int) -> (bytes: [UInt8], count: Int) {
        var bytes: [UInt8] = []
        var count = 0
        while count < least {
            let kind = count == 0 ? 0 : Int.random(in: 0..<40, using: &random)
            if kind < 14 || kind == 39 {
                let isLong = kind == 39
                let length = Int.random(in: isLong ? 61...400 : 1...(kind < 8 ? 8 : 60), using: &random)
                bytes += isLong ? [UInt8(61 << 2), UInt8((length - 1) & 0xFF), UInt8((length - 1) >> 8)] : [UInt8((length - 1) << 2)]
                for _ in 0..<length { bytes.append(UInt8.random(in: 0...255, using: &random)) }
                count += length
            } else {
                // Near ones, which lap over themselves, as often as far ones; one in two hundred reaches beyond the beginning, or nowhere.
                let far = Int.random(in: 0..<200, using: &random) == 0 ? [0, count + 1].randomElement(using: &random) ?? 0 : Int.random(in: 1...count, using: &random)
                let distance = kind % 2 == 0 ? min(count, Int.random(in: 1...20, using: &random)) : far
                if kind < 26, distance < 2_048 {
                    let length = Int.random(in: 4...11, using: &random)
                    bytes += [UInt8((distance >> 8) << 5 | (length - 4) << 2 | 1), UInt8(distance & 0xFF)]
                    count += length
                } else {
                    let length = Int.random(in: 1...64, using: &random)
                    let isWide = kind == 38
                    bytes += [UInt8((length - 1) << 2 | (isWide ? 3 : 2)), UInt8(distance & 0xFF), UInt8(distance >> 8 & 0xFF)] + (isWide ? [0, 0] : [])
                    count += length
                }
            }
        }
        return (bytes, count)
    }

    func test_randomElements_inflateAsTheModelDoes() {
        var random = SplitMix64(state: 0x5A_99)
        var taken = 0
        for round in 0..<3_000 {
            let (elements, count) = elements(&random, upTo: Int.random(in: 1...(round % 10 == 0 ? 6_000 : 300), using: &random))
            let block = header(count) + elements
            let expected = model(block)
            XCTAssertEqual(inflate(block, count), expected, "round \(round)")
            if expected != nil { taken += 1 }
        }
        XCTAssertGreaterThan(taken, 1_500)
    }

    func test_mutatedBlocks_areTakenAndRefusedAsByTheModel() {
        var random = SplitMix64(state: 0xD1F)
        for _ in 0..<3_000 {
            let (elements, count) = elements(&random, upTo: Int.random(in: 1...500, using: &random))
            var block = header(count) + elements
            switch Int.random(in: 0..<4, using: &random) {
            case 0: block.removeLast(Int.random(in: 1...min(70, block.count - 1), using: &random))
            case 1: block += (0..<Int.random(in: 1...90, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            default: block[Int.random(in: 0..<block.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let expected = model(block)
            // The target is as long as the page says, whatever the block says.
            XCTAssertEqual(inflate(block, count), expected?.count == count ? expected : nil, "\(block)")
        }
    }

    /// Every tag with every following byte, at the beginning of much and of little.
    func test_eachTagAndByte_farFromTheEndAndNear() {
        let before = [UInt8(39 << 2)] + (0..<40).map { UInt8($0 * 5) }
        for after in [0, 100] {
            let tail = after == 0 ? [] : [UInt8(60 << 2), UInt8(after - 1)] + [UInt8](repeating: 7, count: after)
            for tag in 0...255 {
                for byte in stride(from: 0, through: 255, by: 15) {
                    let element = [UInt8(tag), UInt8(byte), 0, 0, 0]
                    for width in 1...5 {
                        let length = tag & 3 == 1 ? 4 + tag >> 2 & 7 : tag >> 2 + 1
                        let count = 40 + length + after
                        let block = header(count) + before + element.prefix(width) + tail
                        XCTAssertEqual(inflate(block, count), model(block).flatMap { $0.count == count ? $0 : nil }, "tag \(tag), byte \(byte), width \(width)")
                    }
                }
            }
        }
    }

    func test_lengths_thatAreNone_areRefused() {
        for block: [UInt8] in [[], [0x80], [0xFF, 0xFF, 0xFF, 0xFF, 0x10], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]] {
            XCTAssertNil(inflate(block, 0), "\(block)")
            XCTAssertNil(block.withUnsafeBytes { PageDecompressor.declaredByteCount(.snappy, $0) }, "\(block)")
        }
        let greatest: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F]
        XCTAssertEqual(greatest.withUnsafeBytes { PageDecompressor.declaredByteCount(.snappy, $0) }, Int(UInt32.max))
        XCTAssertEqual(inflate([0], 0), [])
        XCTAssertNil(inflate([0, 0], 0))
    }
}
