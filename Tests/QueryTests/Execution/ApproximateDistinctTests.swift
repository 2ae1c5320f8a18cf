import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Goal: approx_count_distinct is near, whatever the size of a set, and the same however its values came together. Method: a thousand sets of random
/// numbers, of known sizes.
final class ApproximateDistinctTests: XCTestCase {
    private func sketch(_ values: [Int64]) throws -> Column {
        let aggregator = ApproximateDistinctAggregator(.sketch)
        aggregator.resize(1)
        try aggregator.update([.whole(values, type: .int64, validity: nil)], .one(count: values.count))
        return aggregator.finish()
    }

    private func count(_ sketches: [Column]) throws -> Int64 {
        let aggregator = ApproximateDistinctAggregator(.ofSketches)
        aggregator.resize(1)
        for sketch in sketches { try aggregator.update([sketch], .one(count: 1)) }
        guard case .integer(let count) = aggregator.finish().value(at: 0) else { return -1 }
        return count
    }

    func test_thousandSets_errorIsThatOfTheRegisters() throws {
        var random = SplitMix64(state: 7)
        var (squares, sum, worst) = (0.0, 0.0, 0.0)
        let setCount = 1_000
        for number in 0..<setCount {
            let size = 300 + (number % 100 == 0 ? 60_000 : Int(random.next() % 4_000))
            let error = Double(try count([sketch((0..<size).map { _ in Int64(bitPattern: random.next()) })])) / Double(size) - 1
            (squares, sum, worst) = (squares + error * error, sum + error, max(worst, abs(error)))
        }
        let standard = (squares / Double(setCount)).squareRoot()
        print("standard error \(standard), mean \(sum / Double(setCount)), worst \(worst)")
        XCTAssertLessThan(standard, 0.016)
        XCTAssertLessThan(abs(sum / Double(setCount)), 0.002, "no bias")
        XCTAssertLessThan(worst, 0.06)
    }

    func test_parts_giveTheSketchOfAll() throws {
        var random = SplitMix64(state: 9)
        for size in [0, 1, 255, 256, 257, 300, 20_000] {
            let values = (0..<size).map { _ in Int64(bitPattern: random.next() % 100_000) }
            let cut = size / 3
            let parts = [try sketch(Array(values[..<cut])), try sketch(Array(values[cut...])), try sketch(Array(values.reversed()))]
            XCTAssertEqual(try count(parts), try count([try sketch(values)]), "\(size)")
            XCTAssertEqual(try sketch(values).value(at: 0), try sketch(Array(values.reversed())).value(at: 0), "the same values are the same bytes")
        }
    }

    /// No values make such a sketch, and anybody can write one.
    func test_registersThatAreAllFull_areAsManyAsANumberHolds() throws {
        for rank: UInt8 in [51, 52] {
            var arrays = ByteArrays()
            arrays.append([1] + [UInt8](repeating: rank, count: 8_192))
            XCTAssertEqual(try count([.text(arrays, type: .binary, validity: nil)]), .max, "\(rank)")
        }
    }

    func test_bytesThatAreNoSketch_areRefused() throws {
        for bytes: [UInt8] in [[], [2], [0, 1], [1, 1], [0] + [UInt8](repeating: 1, count: 8 * 257), [1] + [UInt8](repeating: 200, count: 8_192)] {
            var arrays = ByteArrays()
            arrays.append(bytes)
            XCTAssertThrowsError(try count([.text(arrays, type: .binary, validity: nil)]), "\(bytes.count) bytes")
        }
    }
}
