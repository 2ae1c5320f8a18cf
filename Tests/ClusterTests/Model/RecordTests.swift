import Cluster
import XCTest

/// Goal: a record that was changed, or stands elsewhere, is no part of the chain. Method: change each of its members.
final class RecordTests: XCTestCase {
    func test_follows_ofEachMemberChanged_isFalse() {
        let first = Record(after: .start, epoch: 1, kind: .fence, level: 1, body: [])
        let record = Record(after: first.mark, epoch: 2, kind: .rows, level: 1, body: [1, 2, 3])
        XCTAssertTrue(record.follows(first.mark))
        XCTAssertTrue(record.isWhole)
        XCTAssertFalse(record.follows(.start))
        let changed = [
            Record(epoch: 3, sequence: 2, previous: record.previous, hash: record.hash, kind: .rows, level: 1, body: [1, 2, 3]),
            Record(epoch: 2, sequence: 3, previous: record.previous, hash: record.hash, kind: .rows, level: 1, body: [1, 2, 3]),
            Record(epoch: 2, sequence: 2, previous: .zero, hash: record.hash, kind: .rows, level: 1, body: [1, 2, 3]),
            Record(epoch: 2, sequence: 2, previous: record.previous, hash: .zero, kind: .rows, level: 1, body: [1, 2, 3]),
            Record(epoch: 2, sequence: 2, previous: record.previous, hash: record.hash, kind: .noop, level: 1, body: [1, 2, 3]),
            Record(epoch: 2, sequence: 2, previous: record.previous, hash: record.hash, kind: .rows, level: 2, body: [1, 2, 3]),
            Record(epoch: 2, sequence: 2, previous: record.previous, hash: record.hash, kind: .rows, level: 1, body: [1, 2]),
            Record(epoch: 2, sequence: 2, previous: record.previous, hash: record.hash, kind: .rows, level: 1, body: [1, 2, 3, 0]),
        ]
        for (place, record) in changed.enumerated() { XCTAssertFalse(record.follows(first.mark), "\(place)") }
    }

    func test_follows_ofALowerEpoch_isFalse() {
        let first = Record(after: .start, epoch: 5, kind: .rows, level: 1, body: [])
        XCTAssertFalse(Record(after: first.mark, epoch: 4, kind: .rows, level: 1, body: []).follows(first.mark))
    }

    func test_digests_ofBytesThatDifferOnlyInZeros_differ() {
        var seen: Set<Digest> = []
        for count in 0...40 {
            var digest = Digest.zero
            digest.take(Array(repeating: 0, count: count))
            XCTAssertTrue(seen.insert(digest).inserted, "\(count) zeros")
        }
    }
}
