@testable import ColumnStore
import TestSupport
import XCTest

/// Goal: the cache gives what was kept, or nothing; never another manifest's entries, and never more than it may hold.
final class ManifestCacheTests: XCTestCase {
    private func entries(_ count: Int, of location: String) -> [ManifestEntry] {
        let entry = ManifestEntry(status: .added, snapshotID: nil, sequenceNumber: nil, fileSequenceNumber: nil, file: DataFile(location: location, recordCount: 1, byteCount: 1))
        return [ManifestEntry](repeating: entry, count: count)
    }

    /// Steps at random beside what was kept last: an answer is that, or none.
    func test_keepAndRemove_atRandom_givesWhatWasKept() {
        var random = SplitMix64(state: 0x5EED)
        let cache = ManifestCache()
        var kept: [String: Int] = [:]
        for _ in 0..<2_000 {
            let location = "m\(random.next() % 8)"
            switch random.next() % 4 {
            case 0:
                cache.remove([location])
                kept[location] = nil
                XCTAssertNil(cache.entries(of: location))
            default:
                let count = Int(random.next() % 3_000)
                cache.keep(entries(count, of: location), of: location)
                if kept[location] == nil, count <= 2_500 { kept[location] = count }
            }
            var held = 0
            for (location, count) in kept {
                guard let found = cache.entries(of: location) else {
                    // Dropped with all others to make room.
                    kept[location] = nil
                    continue
                }
                held += found.count
                XCTAssertTrue(found.isEmpty || found[0].file.location == location)
                XCTAssertEqual(found.count, count, location)
            }
            XCTAssertLessThanOrEqual(held, 10_000)
        }
    }

    func test_keep_oneManifestOfAQuarter_isTooMuch() {
        let cache = ManifestCache()
        cache.keep(entries(2_501, of: "large"), of: "large")
        XCTAssertNil(cache.entries(of: "large"))
        cache.keep(entries(2_500, of: "fits"), of: "fits")
        XCTAssertEqual(cache.entries(of: "fits")?.count, 2_500)
    }

    /// Few entries may be large: what they take counts, too.
    func test_keep_entriesOfManyBytes_isBoundedByTheirBytes() {
        func entries(_ byteCount: Int, of location: String) -> [ManifestEntry] {
            var file = DataFile(location: location, recordCount: 1, byteCount: 1)
            file.upperBounds = [1: [UInt8](repeating: 0, count: byteCount)]
            return [ManifestEntry(status: .added, snapshotID: nil, sequenceNumber: nil, fileSequenceNumber: nil, file: file)]
        }
        let cache = ManifestCache(byteCountMax: 1 << 20)
        let quarter = 1 << 18
        cache.keep(entries(quarter, of: "large"), of: "large")
        XCTAssertNil(cache.entries(of: "large"))
        for number in 0..<4 { cache.keep(entries(quarter - 1_000, of: "m\(number)"), of: "m\(number)") }
        XCTAssertEqual((0..<4).filter { cache.entries(of: "m\($0)") != nil }.count, 4)
        cache.remove(["m1"])
        cache.keep(entries(quarter - 1_000, of: "again"), of: "again")
        XCTAssertNotNil(cache.entries(of: "m0"))
        cache.keep(entries(quarter - 1_000, of: "more"), of: "more")
        XCTAssertNil(cache.entries(of: "m0"))
        XCTAssertNotNil(cache.entries(of: "more"))
    }

    func test_remove_whatIsNotThere_takesNothingFromTheCount() {
        let cache = ManifestCache()
        for _ in 0..<10 { cache.remove(["nowhere"]) }
        for number in 0..<4 { cache.keep(entries(2_500, of: "m\(number)"), of: "m\(number)") }
        XCTAssertEqual((0..<4).filter { cache.entries(of: "m\($0)") != nil }.count, 4)
        cache.keep(entries(1, of: "more"), of: "more")
        XCTAssertEqual((0..<4).filter { cache.entries(of: "m\($0)") != nil }.count, 0)
        XCTAssertEqual(cache.entries(of: "more")?.count, 1)
    }
}
