import ColumnStore
import Documents
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: while the disk has room for documents alone the store's own topic takes no changes, none is left out, and the log is not filled with it.
/// Method: more is to stay free than any disk has.
final class StoreFeedTests: XCTestCase {
    private final class Handle: NotificationHandle {
        func cancel() {}
    }

    private let folder = TemporaryDirectory()
    private let time = QueueFixture.TestTime(1_800_000_000_000_000)

    private static func change(_ sequence: Int64) -> ChangePage.Change {
        let receipt = ReceiptSummary(ticketID: "T", clientID: "c", receiptID: "r", type: "t", businessDay: 0, state: .complete, sequence: sequence)
        return ChangePage.Change(sequence: sequence, at: 0, event: "receipt.complete", receipt: receipt)
    }

    private func withFullDisk(_ body: (TopicStore) throws -> Void) throws {
        try TopicFixture.with(try folder.made(), time, starter: nil, subscriptions: [], minFreeBytes: .max) { _, topics, _ in
            _ = try topics.put(Subscription(name: "s", condition: nil, target: .log("l")), of: TopicCore.till)
            XCTAssertEqual(topics.feedAfter, 0)
            try body(topics)
        }
    }

    func test_changes_waitForRoom_andAPageWithoutAnyNeedsNone() throws {
        try withFullDisk { topics in
            let drafts = StoreFeed.events(Self.change(1))
            XCTAssertFault(.diskFull, try QueueFixture.wait { topics.publish(changes: drafts, through: 1, completion: $0) })
            XCTAssertEqual(topics.feedAfter, 0)
            try QueueFixture.wait { topics.publish(changes: [], through: 2, completion: $0) }
            XCTAssertEqual(topics.feedAfter, 2)
        }
    }

    func test_whatIsInTheWay_isTriedAgain_andToldOnce() throws {
        let told = Mutex<[String]>([])
        StoreLog.observe { event in if event.what == "the store's events could not be published" { told.withLock { $0.append(event.reason) } } }
        defer { StoreLog.observe(nil) }
        let places = Mutex<[Int64]>([])
        try withFullDisk { topics in
            let feed = StoreFeed(
                StoreFeed.Changes(
                    after: { place, _ in
                        places.withLock { $0.append(place) }
                        return ChangePage(changes: [Self.change(place + 1)], nextAfter: place + 1)
                    }, notify: { _, _ in Handle() }), topics)
            feed.start()
            defer { feed.stop() }
            XCTAssertTrue(Patience.until { places.withLock { $0.count >= 3 } })
            XCTAssertEqual(places.withLock { Set($0) }, [0])
            XCTAssertEqual(told.withLock { $0.count }, 1)
        }
    }
}
