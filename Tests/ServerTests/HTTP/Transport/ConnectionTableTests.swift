import ColumnStore
import XCTest

@testable import Server

/// Goal: what many connections leave behind is given back once they have ended, and not while as many come. Method: a table without sockets.
final class ConnectionTableTests: XCTestCase {
    func test_ended_ofMany_isTold_notWhereAsManyCome() throws {
        let table = ConnectionTable(.init())
        let told = Monitor(0)
        table.whenManyEnded { told.withLock { $0 += 1 } }
        func began() -> SlowRequests.Progress {
            let progress = SlowRequests.Progress(socket: -1)
            table.began(progress, nil)
            return progress
        }
        var open = (0..<ConnectionTable.manyCount).map { _ in began() }
        for place in open.indices {
            table.ended(open[place])
            open[place] = began()
        }
        XCTAssertEqual(told.withLock { $0 }, 0)
        for progress in open.dropLast() { table.ended(progress) }
        XCTAssertEqual(told.withLock { $0 }, 0)
        table.ended(try XCTUnwrap(open.last))
        XCTAssertEqual(told.withLock { $0 }, 1)
    }
}
