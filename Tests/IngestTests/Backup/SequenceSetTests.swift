import TestSupport
import XCTest

@testable import Ingest

/// Goal: a set of sequences has what was put in. Method: numbers around the edges of words and pages, and random ones, against Swift's own set.
final class SequenceSetTests: XCTestCase {
    func test_insertContainsRemove_aroundEdges_areASets() {
        let edges: [Int64] = [0, 1, 63, 64, 65, 127, 128, 4_095, 4_096, 4_097, 4_159, 4_160, 4_161, 8_191, 8_192, 1 << 40, .max - 1, .max, -1, -64, -4_096, -4_097, .min]
        var set = SequenceSet()
        XCTAssertTrue(set.isEmpty)
        XCTAssertNil(set.range)
        for (count, edge) in edges.enumerated() {
            XCTAssertTrue(set.insert(edge))
            XCTAssertFalse(set.insert(edge), "\(edge) is there")
            XCTAssertEqual(set.count, count + 1)
        }
        XCTAssertEqual(set.range, Int64.min...Int64.max)
        let known = Set(edges)
        for edge in edges {
            for near in [edge &- 2, edge &- 1, edge, edge &+ 1, edge &+ 2] { XCTAssertEqual(set.contains(near), known.contains(near), "\(near)") }
        }
        for (count, edge) in edges.enumerated() {
            XCTAssertTrue(set.remove(edge))
            XCTAssertFalse(set.remove(edge), "\(edge) is gone")
            XCTAssertFalse(set.contains(edge))
            XCTAssertEqual(set.count, edges.count - count - 1)
        }
        XCTAssertTrue(set.isEmpty)
    }

    func test_randomChanges_areASets() {
        var random = SplitMix64(state: 0x5E9)
        var (set, known) = (SequenceSet(), Set<Int64>())
        for _ in 0..<20_000 {
            let sequence = Int64(random.next() % 10_000)
            switch random.next() % 3 {
            case 0: XCTAssertEqual(set.insert(sequence), known.insert(sequence).inserted)
            case 1: XCTAssertEqual(set.remove(sequence), known.remove(sequence) != nil)
            default: XCTAssertEqual(set.contains(sequence), known.contains(sequence))
            }
            XCTAssertEqual(set.count, known.count)
        }
    }
}
