@testable import ColumnStore
import TestSupport
import XCTest

/// Goal: a frame that is inflated step by step gives what it gives as a whole, no further than it is asked for, and its faults stay faults; decoders
/// that are kept are as new. Method: frames of several blocks, asked for in many orders of steps, cut, lengthened and mutated.
final class GrowingFrameTests: XCTestCase {
    private static func sample(_ count: Int) -> [UInt8] {
        var random = SplitMix64(state: UInt64(count))
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() % 11) }
    }

    private static func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
        var frame: [UInt8] = []
        let compressor = try PageCompressor(.zstd)
        try bytes.withUnsafeBytes { _ = try compressor.compress($0, appendingTo: &frame) }
        return frame
    }

    /// Calls `body` with a frame that grows into a target of `count` bytes; nil where it cannot.
    private func withFrame<Result>(_ bytes: [UInt8], _ count: Int, _ body: (GrowingFrame?) throws -> Result) rethrows -> Result {
        var target = [UInt8](repeating: 0xAA, count: count)
        return try target.withUnsafeMutableBytes { target in
            try bytes.withUnsafeBytes { try body(GrowingFrame($0, owner: nil, into: target)) }
        }
    }

    func test_steps_giveWhatTheWholeGives() throws {
        let sample = Self.sample(700_001)
        let frame = try Self.compressed(sample)
        for stride in [1_000, 70_000, 131_072, 131_073, 400_000, 700_001] {
            try withFrame(frame, sample.count) { growing in
                let growing = try XCTUnwrap(growing)
                XCTAssertEqual(growing.readyByteCount, 0)
                var end = 0
                while end < sample.count {
                    let start = end
                    end = min(sample.count, end + stride)
                    try growing.require(end)
                    XCTAssertGreaterThanOrEqual(growing.readyByteCount, end)
                    XCTAssertLessThan(growing.readyByteCount - end, 131_072, "no more than the block that the end lies in")
                    XCTAssertEqual(Array(growing.content[start..<end]), Array(sample[start..<end]), "\(stride), \(end)")
                }
                try growing.requireAll()
                XCTAssertEqual(growing.readyByteCount, sample.count)
                XCTAssertThrowsError(try growing.require(sample.count + 1), "there is no more")
            }
        }
    }

    func test_otherThanOneWholeFrame_isNotBegun() throws {
        let sample = Self.sample(300_000)
        let frame = try Self.compressed(sample)
        for other in [frame + frame, frame + [0], Array(frame.dropLast()), [], Array(frame.prefix(20))] {
            withFrame(other, sample.count) { XCTAssertNil($0) }
        }
        withFrame(frame, sample.count - 1) { XCTAssertNil($0) }
        withFrame(frame, sample.count + 1) { XCTAssertNil($0) }
    }

    func test_mutatedFrames_throwOrGiveBytes_andAFaultStays() throws {
        let sample = Self.sample(400_000)
        let frame = try Self.compressed(sample)
        var random = SplitMix64(state: 0x6120)
        var faults = 0
        for _ in 0..<400 {
            var mutated = frame
            mutated[Int(random.next() % UInt64(mutated.count))] ^= UInt8(truncatingIfNeeded: random.next() | 1)
            try withFrame(mutated, sample.count) { growing in
                guard let growing else { return }
                do {
                    try growing.require(1)
                    try growing.requireAll()
                } catch {
                    faults += 1
                    XCTAssertThrowsError(try growing.requireAll())
                    XCTAssertThrowsError(try growing.require(growing.readyByteCount + 1))
                    XCTAssertNoThrow(try growing.require(growing.readyByteCount))
                }
            }
        }
        XCTAssertGreaterThan(faults, 20)
    }

    func test_decoders_areAsNew_andNoMoreAreKeptThanAllowed() throws {
        let contexts = InflatingContexts(countMax: 2)
        let taken = (0..<4).map { _ in contexts.take() }
        XCTAssertEqual(Set(taken).count, 4)
        for each in taken {
            contexts.give(each)
            XCTAssertLessThanOrEqual(contexts.count, 2)
        }
        let again = contexts.take()
        XCTAssertTrue(taken.contains(again))
        XCTAssertEqual(contexts.count, 1)
        XCTAssertNotEqual(contexts.take(), again, "one decoder has two owners")
        // One that was left in the middle of a frame serves the next whole page.
        let sample = Self.sample(500_000)
        let frame = try Self.compressed(sample)
        for _ in 0..<50 {
            try withFrame(frame, sample.count) { try XCTUnwrap($0).require(1) }
            var target = [UInt8](repeating: 0, count: sample.count)
            try target.withUnsafeMutableBytes { target in
                try frame.withUnsafeBytes { try PageDecompressor().decompress(.zstd, $0, into: target) }
            }
            XCTAssertEqual(target, sample)
        }
    }
}
