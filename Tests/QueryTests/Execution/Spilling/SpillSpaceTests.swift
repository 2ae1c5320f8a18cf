import ColumnStore
import Foundation
import XCTest

@testable import Query

/// Goal: the rows that queries lay aside take neither the disk that receipts need nor all of what other owners may lay aside. Method: a space over disks that are numbers, and an engine
/// over the real one.
final class SpillSpaceTests: XCTestCase {
    /// The file systems of two directories, what is free of them, and how often that was asked for.
    private struct Disks {
        var free = ["spill": 10 << 30, "data": 10 << 30]
        var numbers: [String: UInt64] = [:]
        var lookCount = 0
    }

    private static let room = SpillSpace.Room(directory: "data", byteCount: 1 << 30)

    private static func space(_ disks: Monitor<Disks>, byteCountMax: Int = 1 << 40, room: SpillSpace.Room? = SpillSpaceTests.room) -> SpillSpace {
        SpillSpace(directory: "spill", byteCountMax: byteCountMax, room: room) { directory in
            disks.withLock { disks in
                disks.lookCount += 1
                let number = disks.numbers[directory] ?? 1
                return disks.free[directory].map { SpillSpace.Disk(number: number, freeByteCount: $0) }
            }
        }
    }

    private func isTaken(_ byteCount: Int, _ space: SpillSpace) -> Bool {
        do throws(QueryError) {
            try space.take(byteCount)
            return true
        } catch {
            XCTAssertEqual(error.slug, .spillFull)
            XCTAssertTrue(error.mayPass)
            return false
        }
    }

    func test_take_whereReceiptsWouldHaveNoRoom_isRefused_untilThereIsSome() {
        let disks = Monitor(Disks()), space = Self.space(disks)
        XCTAssertTrue(isTaken(1 << 20, space))
        disks.withLock { $0.free = ["spill": (1 << 30) + SpillSpace.marginByteCount - 1, "data": (1 << 30) + SpillSpace.marginByteCount - 1] }
        XCTAssertTrue(isTaken(SpillSpace.lookByteCount - 1, space), "it is not looked at each time")
        for _ in 0..<2 {
            XCTAssertFalse(isTaken(1, space))
            XCTAssertEqual(space.usedByteCount, (1 << 20) + SpillSpace.lookByteCount - 1)
        }
        disks.withLock { $0.numbers["data"] = 2 }
        XCTAssertTrue(isTaken(1, space), "receipts lie on another disk, which is short by itself")
        disks.withLock { $0.numbers["data"] = 1 }
        XCTAssertFalse(isTaken(SpillSpace.lookByteCount, space))
        disks.withLock { $0.free["data"] = nil }
        XCTAssertTrue(isTaken(SpillSpace.lookByteCount, space), "of what cannot be told nothing is refused")
    }

    func test_take_looksAtTheDiskNowAndThen_orNever() {
        let disks = Monitor(Disks()), space = Self.space(disks), free = Self.space(disks, room: nil)
        for _ in 0..<1_024 { XCTAssertTrue(isTaken(64 << 10, free)) }
        XCTAssertEqual(disks.withLock { $0.lookCount }, 0)
        for _ in 0..<1_024 { XCTAssertTrue(isTaken(64 << 10, space)) }
        XCTAssertLessThanOrEqual(disks.withLock { $0.lookCount }, 6)
    }

    /// However many take theirs, there is room for one more; who owns nothing in particular has the rest.
    func test_take_ofAnOwner_isHalfOfWhatOthersLeave() {
        let space = Self.space(Monitor(Disks()), byteCountMax: 1_000, room: nil)
        let (one, two) = (space.of("one"), space.of("two"))
        XCTAssertTrue(isTaken(500, one))
        XCTAssertFalse(isTaken(1, one))
        XCTAssertFalse(isTaken(1, space.of("one")), "by another query")
        XCTAssertTrue(isTaken(250, two))
        XCTAssertFalse(isTaken(1, two))
        XCTAssertTrue(isTaken(125, space.of("three")))
        XCTAssertTrue(isTaken(125, space))
        XCTAssertFalse(isTaken(1, space))
        XCTAssertEqual(two.usedByteCount, 1_000)
        one.give(500)
        XCTAssertTrue(isTaken(1, two))
        XCTAssertTrue(isTaken(249, one))
    }

    /// A catalog that is somebody's.
    private struct Owned: QueryCatalog {
        let spillOwner: String?
        var entryNames: [String] { [] }
        func entry(named name: String) -> CatalogEntry? { nil }
    }

    /// Whether a sort of 20 MB ends, with memory for eight.
    private func fits(_ owner: String?, in byteCountMax: Int, room: Int? = nil) throws -> Bool {
        let folder = FileManager.default.temporaryDirectory.path
        var settings = QueryEngine.Settings(
            threadCount: 1, memoryByteCountMax: 64 << 20, queryMemoryByteCountMax: 8 << 20, spillDirectory: folder, spillByteCountMax: byteCountMax)
        settings.spillRoom = room.map { SpillSpace.Room(directory: folder, byteCount: $0) }
        let engine = QueryEngine(settings), context = QueryContext(catalog: ViewsRead(Owned(spillOwner: owner)), now: 0)
        do {
            let stream = try engine.execute(try engine.prepare("SELECT lpad(i::text, 200, 'x') AS s FROM generate_series(1, 100000) t(i) ORDER BY 1 DESC", in: context))
            var count = 0
            while let batch = try stream.next() { count += batch.rowCount }
            XCTAssertEqual(count, 100_000)
            return true
        } catch let error as QueryError where error.slug == .spillFull {
            return false
        }
    }

    func test_queries_layAsideWithinTheShareOfTheirCatalogsOwner() throws {
        var byteCount = 4 << 20
        while byteCount < 1 << 30, try !fits(nil, in: byteCount) { byteCount *= 2 }
        // Of a space that is just enough half is not.
        XCTAssertFalse(try fits("one", in: byteCount))
        XCTAssertTrue(try fits("one", in: 2 * byteCount))
    }

    func test_queries_leaveTheRoomThatReceiptsNeed() throws {
        XCTAssertTrue(try fits(nil, in: 1 << 30))
        XCTAssertFalse(try fits(nil, in: 1 << 30, room: 1 << 60))
    }
}
