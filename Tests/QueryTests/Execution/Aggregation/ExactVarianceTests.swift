import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// States that are put out and merged answer as if one aggregator had seen all rows: of ordinary numbers, whose upper words are not put out,
/// of such as need them, and of both together.
final class ExactVarianceTests: XCTestCase {
    private var random = SplitMix64(state: 0x57D)

    private func made(_ groupCount: Int) -> ExactVarianceAggregator {
        let aggregator = ExactVarianceAggregator(scale: 0, isPopulation: true, isDeviation: false)
        aggregator.resize(groupCount)
        return aggregator
    }

    /// - Parameter bits: of the numbers, which are of both signs.
    private func numbers(_ count: Int, bits: UInt64) -> [Int64] { (0..<count).map { _ in Int64(bitPattern: random.next()) >> Int64(64 - bits) } }

    private func answer(_ aggregator: ExactVarianceAggregator) throws -> [UInt64] { try aggregator.finish().doubles().map(\.bitPattern) }

    func test_states_thatAreMerged_answerAsOne() throws {
        let groupCount = 7
        for bits: [UInt64] in [[12], [62], [12, 64], [2, 33, 64], [1]] {
            let whole = made(groupCount)
            var states: [[Column]] = []
            for bits in bits {
                let part = made(groupCount)
                let values = numbers(200, bits: bits)
                let groups = GroupRows.numbers(values.map { _ in UInt32(random.next() % UInt64(groupCount)) })
                try part.update([.whole(values, type: .int64, validity: nil)], groups)
                try whole.update([.whole(values, type: .int64, validity: nil)], groups)
                states.append(part.exportState())
            }
            let each = made(groupCount)
            for state in states { try each.merge(state, (0..<UInt32(groupCount)).map { $0 }) }
            XCTAssertEqual(try answer(each), try answer(whole), "\(bits) bits, one after another")
            // As parts that several workers wrote are read together.
            let together = made(groupCount)
            let types = together.stateTypes
            let joined = types.indices.map { index in Column.concatenating(states.map { $0[index] }, type: types[index]) }
            try together.merge(joined, states.flatMap { _ in (0..<UInt32(groupCount)).map { $0 } })
            XCTAssertEqual(try answer(together), try answer(whole), "\(bits) bits, together")
        }
    }

    /// Its square takes all of a word, and is no number below zero.
    func test_states_ofASquareInTheUppermostBit_areMerged() throws {
        let large: [Int64] = [4_000_000_000], wide: [Int64] = [.max, .min]
        for parts in [[large], [large, large], [large, wide], [wide, large]] {
            let whole = made(1)
            var states: [[Column]] = []
            for values in parts {
                let part = made(1), groups = GroupRows.numbers(values.map { _ in UInt32(0) })
                try part.update([.whole(values, type: .int64, validity: nil)], groups)
                try whole.update([.whole(values, type: .int64, validity: nil)], groups)
                states.append(part.exportState())
                if values == large { XCTAssertEqual(part.exportState()[ExactMoments.narrowWords.squares].value(at: 0), .integer(-2_446_744_073_709_551_616)) }
            }
            let each = made(1)
            for state in states { try each.merge(state, [0]) }
            XCTAssertEqual(try answer(each), try answer(whole), "\(parts), one after another")
            let together = made(1), types = together.stateTypes
            try together.merge(types.indices.map { index in Column.concatenating(states.map { $0[index] }, type: types[index]) }, states.map { _ in 0 })
            XCTAssertEqual(try answer(together), try answer(whole), "\(parts), together")
        }
    }

    func test_states_ofOrdinaryNumbers_takeThreeWords() throws {
        let aggregator = made(3)
        try aggregator.update([.whole([1, -2, 3_000_000_000], type: .int64, validity: nil)], .numbers([0, 1, 2]))
        XCTAssertEqual(aggregator.exportState().filter { $0.constantValue == nil }.count, 3)
        try aggregator.update([.whole([.max], type: .int64, validity: nil)], .numbers([0]))
        XCTAssertEqual(aggregator.exportState().filter { $0.constantValue == nil }.count, ExactMoments.wordCount)
    }
}
