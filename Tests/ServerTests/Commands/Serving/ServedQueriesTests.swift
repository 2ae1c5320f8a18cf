import Query
import XCTest

@testable import Server

/// Goal: queries of a server leave the disk of its store the room that receipts need, and those of a command take what there is. Method: engines as they are made of settings.
final class ServedQueriesTests: XCTestCase {
    func test_queries_besideAStore_leaveItsRoom() {
        var settings = Settings()
        settings.limits.minFree = 3 << 30
        XCTAssertEqual(QueryEngine.make(settings, threadCount: 1, beside: "/data").settings.spillRoom, SpillSpace.Room(directory: "/data", byteCount: 3 << 30))
        XCTAssertNil(QueryEngine.make(settings, threadCount: 1).settings.spillRoom)
        settings.limits.minFree = 0
        XCTAssertNil(QueryEngine.make(settings, threadCount: 1, beside: "/data").settings.spillRoom)
    }
}
