import ColumnStore
import Glibc
import Synchronization
import XCTest

@testable import Server

/// Goal: a client that hangs up is noticed once, at the next look; one that was forgotten is not. Method: a clock that the test moves, and pairs
/// of sockets.
final class HangupWatcherTests: XCTestCase {
    func test_watch_ofClosedAndForgottenPeers() {
        let clock = ManualClock()
        let watcher = HangupWatcher(Timers(clock: clock))
        var pairs: [[Int32]] = []
        for _ in 0..<3 {
            var pair: [Int32] = [-1, -1]
            XCTAssertEqual(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair), 0)
            pairs.append(pair)
        }
        defer { for pair in pairs { close(pair[0]) } }
        let gone = Mutex<[Int]>([])
        for (number, pair) in pairs.enumerated() { watcher.watch(pair[0]) { gone.withLock { $0.append(number) } } }
        clock.advance(by: 10)
        XCTAssertEqual(gone.withLock { $0 }, [])
        watcher.forget(pairs[1][0])
        for pair in pairs.prefix(2) { close(pair[1]) }
        clock.advance(by: 1)
        XCTAssertEqual(gone.withLock { $0 }, [0])
        // The last one goes too; nobody is notified twice.
        close(pairs[2][1])
        clock.advance(by: 10)
        XCTAssertEqual(gone.withLock { $0 }, [0, 2])
    }

    func test_peerThatOnlySendsNoMore_isNotReset() {
        var pair: [Int32] = [-1, -1]
        XCTAssertEqual(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair), 0)
        defer { close(pair[0]) }
        XCTAssertFalse(HangupWatcher.isHalfClosed(pair[0]) || HangupWatcher.isReset(pair[0]))
        XCTAssertEqual(shutdown(pair[1], HangupWatcher.writing), 0)
        XCTAssertTrue(HangupWatcher.isHalfClosed(pair[0]))
        XCTAssertFalse(HangupWatcher.isReset(pair[0]), "it reads on")
        close(pair[1])
        XCTAssertTrue(HangupWatcher.isReset(pair[0]))
    }
}
